import { CommandError } from './errors.js';

/** Whether somebody is there to answer. */
export const canAsk = (): boolean => process.stdin.isTTY && process.stdout.isTTY;

/** Loaded by those who ask: as it is loaded it looks at the terminal, and Node then warns of NO_COLOR beside FORCE_COLOR. */
const prompts = () => import('@clack/prompts');

/** Asks for a text until it is right. `fault` says what is wrong with one; undefined: nothing. Ends the command if the question is cancelled. */
export async function askText(
  message: string,
  { initial, fault }: { initial?: string; fault: (answer: string) => string | undefined },
): Promise<string> {
  const { isCancel, text } = await prompts();
  const answer = await text({
    message,
    ...(initial !== undefined && { initialValue: initial }),
    validate: (given) => {
      const wrong = fault((given ?? '').trim());
      return wrong === undefined ? undefined : `it ${wrong}`;
    },
  });
  if (isCancel(answer)) throw new CommandError('cancelled; nothing was changed.');
  return answer.trim();
}

/** Asks a question that is answered by yes or no; no is what a bare Enter says. Ends the command if it is cancelled. */
export async function askYes(message: string): Promise<boolean> {
  const { confirm, isCancel } = await prompts();
  const answer = await confirm({ message, initialValue: false });
  if (isCancel(answer)) throw new CommandError('cancelled; nothing was changed.');
  return answer;
}
