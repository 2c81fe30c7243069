import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Top folder of the project. */
export const projectFolder = fileURLToPath(new URL('../../', import.meta.url));

/** One instruction of a Dockerfile. */
interface Instruction {
  keyword: string;
  /** What follows the keyword, lines joined. */
  text: string;
}

/** From one FROM to the next. */
export interface Stage {
  /** As it is written: it may name an argument. */
  image: string;
  /** Of `--platform`; `undefined` for that of the image. */
  platform: string | undefined;
  name: string | undefined;
  instructions: Instruction[];
}

/** Reads our Dockerfile into its stages and the arguments before the first of them; knows as much of the format as that file uses. */
export function readDockerfile(): { args: Record<string, string>; stages: Stage[] } {
  const text = readFileSync(`${projectFolder}/Dockerfile`, 'utf8');
  const lines = text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const args: Record<string, string> = {};
  const stages: Stage[] = [];
  for (const line of lines) {
    const [, keyword = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    if (keyword === 'FROM') {
      const [, platform, image = '', , name] =
        /^(?:--platform=(\S+)\s+)?(\S+)(\s+AS\s+(\S+))?$/.exec(rest) ?? [];
      stages.push({ image, platform, name, instructions: [] });
    } else if (stages.length === 0) {
      const [name = '', value = ''] = rest.split('=', 2);
      args[name] = value;
    } else {
      stages.at(-1)?.instructions.push({ keyword, text: rest });
    }
  }
  return { args, stages };
}

/** The parts of a COPY instruction. */
export interface Copy {
  /** Name of the stage; `undefined` for the build context. */
  from: string | undefined;
  sources: string[];
  target: string;
}

/** The COPY instructions of a stage. */
export function copiesOf(stage: Stage): Copy[] {
  return allOf(stage, 'COPY').map((text) => {
    const words = text.split(/\s+/);
    const from = words[0]?.startsWith('--from=') ? words.shift()?.slice('--from='.length) : undefined;
    const target = words.pop() ?? '';
    return { from, sources: words, target };
  });
}

/** The texts of a stage's instructions of one kind. */
export const allOf = (stage: Stage, keyword: string): string[] =>
  stage.instructions.filter((instruction) => instruction.keyword === keyword).map(({ text }) => text);
