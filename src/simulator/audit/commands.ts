import { z } from 'zod';
import type { FleetEvent, RequestEntry } from '../kernel.js';

/** What a document or script does to a host beyond reading. */
interface Effects {
  apply: boolean;
  reboot: boolean;
}

/** How far a command is on one host: `over` can do nothing any more. */
type Stage = 'sent' | 'delivered' | 'over';

/** A command as the journal tells of it. */
export interface CommandRecord {
  id: string;
  principal: string;
  /** Virtual milliseconds. */
  sentAt: number;
  /** After this no agent takes it. */
  deliverUntil: number;
  effects: Effects;
  stages: Map<string, Stage>;
}

const sendParameters = z.object({
  DocumentName: z.string(),
  InstanceIds: z.array(z.string()).default([]),
  Targets: z.array(z.object({ Key: z.string(), Values: z.array(z.string()).default([]) })).default([]),
  TimeoutSeconds: z.number().default(3600),
  Parameters: z.record(z.string(), z.array(z.string())).default({}),
});
const sendAnswer = z.object({ Command: z.object({ CommandId: z.string() }) });
const documentParameters = z.object({ Name: z.string(), Content: z.string() });
const cancelParameters = z.object({ CommandId: z.string(), InstanceIds: z.array(z.string()).default([]) });

const effectsOf = (text: string): Effects => ({
  apply: /apiclient\s+update\s+apply/.test(text),
  reboot: /apiclient\s+reboot|apiclient\s+update\s+apply\b.*--reboot|systemctl\s+reboot|shutdown\s+-r/.test(
    text,
  ),
});

/** Every command that was sent, with what it may still do, read from the journal. */
export class CommandLedger {
  readonly #commands = new Map<string, CommandRecord>();
  /** All that was ever written into a document: an older version can still be sent. */
  readonly #documents = new Map<string, string>();

  get(id: string): CommandRecord | undefined {
    return this.#commands.get(id);
  }

  /** A principal's commands that may still do something on a host at `now`. */
  open(principal: string, now: number): { command: CommandRecord; ec2InstanceId: string }[] {
    const open: { command: CommandRecord; ec2InstanceId: string }[] = [];
    for (const command of this.#commands.values()) {
      if (command.principal !== principal) continue;
      for (const [ec2InstanceId, stage] of command.stages) {
        const canArrive = stage === 'sent' && now <= command.deliverUntil;
        if (canArrive || stage === 'delivered') open.push({ command, ec2InstanceId });
      }
    }
    return open;
  }

  /** The command that a SendCommand made; undefined for any other request. */
  sentBy({ action, answer }: RequestEntry): CommandRecord | undefined {
    const given = action === 'SendCommand' ? sendAnswer.safeParse(answer) : undefined;
    return given?.success ? this.#commands.get(given.data.Command.CommandId) : undefined;
  }

  onRequest(entry: RequestEntry): void {
    if (entry.service !== 'ssm' || entry.status !== 200) return;
    switch (entry.action) {
      case 'CreateDocument':
      case 'UpdateDocument':
        this.#learn(entry);
        break;
      case 'SendCommand':
        this.#send(entry);
        break;
      case 'CancelCommand':
        this.#cancel(entry);
        break;
    }
  }

  onEvent(entry: FleetEvent): void {
    const { event, ec2InstanceId } = entry;
    if (ec2InstanceId === undefined) return;
    if (event === 'reboot-started') this.#onHostDown(ec2InstanceId, 'sent');
    if (event === 'termination-started') this.#onHostDown(ec2InstanceId, 'over');
    const stages = this.#commands.get(String(entry['commandId']))?.stages;
    if (!stages) return;
    switch (event) {
      case 'command-delivered':
      case 'command-replayed':
        stages.set(ec2InstanceId, 'delivered');
        break;
      case 'command-finished':
        stages.set(ec2InstanceId, 'over');
        break;
      case 'command-result-lost':
        // A script that died with its host stays dead, unless its agent starts it anew.
        stages.set(ec2InstanceId, entry['outcome'] === 'replayed' ? 'delivered' : 'over');
        break;
    }
  }

  /** What an agent had accepted and not begun goes back to waiting for it, or is over with its host. */
  #onHostDown(ec2InstanceId: string, left: 'sent' | 'over'): void {
    for (const { stages } of this.#commands.values()) {
      const stage = stages.get(ec2InstanceId);
      if (stage === 'delivered' || (stage === 'sent' && left === 'over')) stages.set(ec2InstanceId, left);
    }
  }

  #learn({ parameters }: RequestEntry): void {
    const document = documentParameters.safeParse(parameters);
    if (!document.success) return;
    const { Name, Content } = document.data;
    this.#documents.set(Name, `${this.#documents.get(Name) ?? ''}\n${Content}`);
  }

  #send({ parameters, answer, principal, time }: RequestEntry): void {
    const sent = sendParameters.safeParse(parameters);
    const given = sendAnswer.safeParse(answer);
    if (!sent.success || !given.success) return;
    const { DocumentName, InstanceIds, Targets, TimeoutSeconds, Parameters } = sent.data;
    const byTarget = Targets.flatMap(({ Key, Values }) => (Key === 'InstanceIds' ? Values : []));
    const script = `${this.#documents.get(DocumentName) ?? ''}\n${Object.values(Parameters).flat().join('\n')}`;
    const id = given.data.Command.CommandId;
    const sentAt = Date.parse(time);
    this.#commands.set(id, {
      id,
      principal,
      sentAt,
      deliverUntil: sentAt + TimeoutSeconds * 1000,
      effects: effectsOf(script),
      stages: new Map([...InstanceIds, ...byTarget].map((ec2InstanceId) => [ec2InstanceId, 'sent'])),
    });
  }

  /** What no agent has is gone with the cancel; what runs ends with an event of its own. */
  #cancel({ parameters }: RequestEntry): void {
    const cancelled = cancelParameters.safeParse(parameters);
    if (!cancelled.success) return;
    const { CommandId, InstanceIds } = cancelled.data;
    const stages = this.#commands.get(CommandId)?.stages;
    for (const [ec2InstanceId, stage] of stages ?? []) {
      const isMeant = InstanceIds.length === 0 || InstanceIds.includes(ec2InstanceId);
      if (isMeant && stage === 'sent') stages?.set(ec2InstanceId, 'over');
    }
  }
}
