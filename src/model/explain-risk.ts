import type { Hosts, Risk } from './risk.js';

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

const hosts = ({ ec2InstanceIds, more = 0 }: Hosts): string =>
  ec2InstanceIds.join(', ') + (more > 0 ? ` and ${more} more` : '');

const isOne = ({ ec2InstanceIds, more = 0 }: Hosts): boolean => ec2InstanceIds.length + more === 1;

/** Smallest percentage that allows one task more than desired, and the largest that allows one less. */
const oneMore = (desired: number): number => Math.ceil((100 * (desired + 1)) / desired);
const oneLess = (desired: number): number => Math.floor((100 * (desired - 1)) / desired);

/** The sentence or two in which a person reads a risk: what may happen, where, and what to change. */
export function explainRisk(risk: Risk): string {
  const on = `on ${hosts(risk.on)}`;
  switch (risk.code) {
    case 'outage': {
      const all =
        risk.desiredCount === 1
          ? 'its only task may be stopped before another runs'
          : `all of its ${risk.desiredCount} tasks may be stopped at once`;
      return `${all} (minimumHealthyPercent ${risk.minimumHealthyPercent}), ${on}. Set minimumHealthyPercent to 100 and maximumPercent to ${oneMore(risk.desiredCount)} or more.`;
    }
    case 'cannot-move': {
      const { desiredCount, minimumHealthyPercent, maximumPercent } = risk;
      const why =
        minimumHealthyPercent === 100 && maximumPercent === 100
          ? 'minimumHealthyPercent and maximumPercent are both 100'
          : `minimumHealthyPercent ${minimumHealthyPercent} rounds up, and maximumPercent ${maximumPercent} down, to its ${plural(desiredCount, 'task')}`;
      return `its tasks cannot move (${why}), ${on}. Set maximumPercent to ${oneMore(desiredCount)} or more, or minimumHealthyPercent to ${oneLess(desiredCount)} or less.`;
    }
    case 'no-room': {
      const ports = risk.ports.length > 0 ? `, port ${risk.ports.join(' and ')}` : '';
      const away = isOne(risk.on) ? 'is' : 'are';
      return `may find no room for a task (${risk.cpu} CPU, ${risk.memoryMiB} MiB${ports}) while ${hosts(risk.on)} ${away} drained: it would be short of tasks, or the drain would run into its limit. Add capacity, or lower what other tasks reserve.`;
    }
    case 'single-task':
      return `its only task moves, ${on}: a second runs beside it for a moment. See that both may, or run two.`;
    case 'deployment-in-progress':
      return `a deployment of it is in progress: its hosts wait for its end, ${on}.`;
    case 'protected-task':
      return `${plural(risk.tasks, 'task')} under task protection, at the latest until ${risk.until}, ${on}: not touched before.`;
    case 'standalone-task':
      return `${plural(risk.tasks, 'task')} that no service would replace, ${on}: not touched before ${risk.tasks === 1 ? 'it has' : 'they have'} ended.`;
  }
}
