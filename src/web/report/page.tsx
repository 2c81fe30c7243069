import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { raw } from 'hono/html';
import { formatMs } from '../../model/explain.js';
import type { RolloutRecord } from '../../model/rollout-record.js';
import { visibleLines } from '../../model/visible-text.js';
import { markup } from '../markup.js';
import { Instant } from '../times.js';
import { summaryOf } from './facts.js';
import { Instances, NotWell } from './instances.js';
import { Counts, Orders, Phases, Settings } from './parts.js';
import { OnRecord } from './on-record.js';
import type { Origin } from './origin.js';
import { Said } from '../said.js';
import { Work } from './work.js';

/** What a report is made of. */
export interface ReportContent {
  record: RolloutRecord;
  /** Its settings by name, in words. */
  settings: Readonly<Record<string, string>>;
  origin: Origin;
}

/**
 * The report of a rollout as one HTML page that needs nothing else: no script, no request. Its policy allows nothing but its own styles, so
 * that what hosts and operators wrote could do nothing even if it got in as markup.
 */
export async function reportPage(content: ReportContent): Promise<string> {
  const [look, report] = await Promise.all([style('look.css'), style('report.css')]);
  const styles = `${look}\n${report}`;
  const hash = createHash('sha256').update(styles).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>\n${visibleLines(markup(<Page {...content} styles={styles} policy={policy} />))}\n`;
}

const style = (name: string): Promise<string> =>
  readFile(fileURLToPath(new URL(`../assets/${name}`, import.meta.url)), 'utf8');

function Page({
  record,
  settings,
  origin,
  styles,
  policy,
}: ReportContent & { styles: string; policy: string }) {
  const { cluster, startedAt, endedAt, gaps } = record;
  const toMs = Date.parse(endedAt ?? origin.at);
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content={policy} />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <meta name="generator" content={`ecs-updater ${origin.version}`} />
        <title>
          Rollout of {cluster.name}, {startedAt.slice(0, 10)} · ecs-updater
        </title>
        <style>{raw(styles)}</style>
      </head>
      <body>
        <header>
          <p class="brand">ecs-updater · rollout report</p>
          <h1>
            Rollout of {cluster.name} <Ended record={record} />
          </h1>
          <p class="when">
            <Instant at={startedAt} /> {endedAt === null ? 'until now' : 'to'}{' '}
            {endedAt !== null && <Instant at={endedAt} />}, {formatMs(toMs - Date.parse(startedAt))}
          </p>
        </header>
        <main>
          <section class="card summary" aria-label="Summary">
            {summaryOf(record).map((sentence, i) => (
              <p class={i === 0 ? 'lead-sentence' : ''}>
                <Said text={sentence} />
              </p>
            ))}
            {endedAt === null && (
              <p>
                <strong>It still runs</strong>; this is how it stood at <Instant at={origin.at} />.
              </p>
            )}
            {gaps.map((gap) => (
              <p class="gap">
                <Said text={gap} />
              </p>
            ))}
            <Counts instances={record.instances} />
          </section>
          <NotWell instances={record.instances} />
          <Work record={record} toMs={toMs} />
          <Orders steering={record.steering} paused={record.paused} />
          <Phases phases={record.phases} />
          <Instances instances={record.instances} toMs={toMs} />
          <Settings settings={settings} />
          <OnRecord record={record} origin={origin} />
        </main>
      </body>
    </html>
  );
}

/** How it ended, as a badge. */
function Ended({ record: { state, stopped, counts } }: { record: RolloutRecord }) {
  const bad = counts.failed + counts['rolled-back'] > 0;
  const [tone, word] =
    state === 'running'
      ? ['updating', 'running']
      : state !== 'completed'
        ? ['failed', state]
        : stopped
          ? ['attention', stopped.by === 'cancelled' ? 'cancelled' : 'stopped']
          : bad
            ? ['attention', 'completed, not all well']
            : ['updated', 'completed'];
  return <span class={`badge tone-${tone}`}>{word}</span>;
}
