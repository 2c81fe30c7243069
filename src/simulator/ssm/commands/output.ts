/** Limits of what SSM keeps, in characters (GetCommandInvocation and CommandPlugin in the API reference). */
const stdoutLimit = 24_000;
const stderrLimit = 8000;
const pluginLimit = 2500;

const outputCut = '\n---Output truncated---';
const errorTitle = '\n----------ERROR-------\n';
const errorCut = '\n---Error truncated----';

export const keptStdout = (text: string): string => text.slice(0, stdoutLimit);

export const keptStderr = (text: string): string => text.slice(0, stderrLimit);

/** Both streams in one text of limited length, as the agent makes it (amazon-ssm-agent, `TruncateOutput`). */
export function pluginOutput(stdout: string, stderr: string): string {
  const title = stderr === '' ? '' : errorTitle;
  if (stdout.length + title.length + stderr.length <= pluginLimit) {
    return stdout + title + stderr;
  }
  if (stderr === '') {
    return stdout.slice(0, pluginLimit - outputCut.length) + outputCut;
  }
  const room = pluginLimit - title.length;
  const half = Math.floor(room / 2);
  const errorRoom = Math.max(half, room - stdout.length);
  const error = cut(stderr, errorRoom, errorCut);
  return cut(stdout, room - error.length, outputCut) + title + error;
}

const cut = (text: string, room: number, mark: string): string =>
  text.length <= room ? text : text.slice(0, room - mark.length) + mark;
