import type { SteeringRecord } from '../model/steering-record.js';

/** An order that a page offers. */
export interface OfferedOrder {
  order: SteeringRecord['what'];
  /** Absent: the whole cluster. */
  instance?: string;
  /** Of `clear`: the version whose quarantine is lifted. */
  quarantine?: string;
  /** Of `clear`: all there is to clear. */
  all?: true;
}

/** What an order is called, and what follows from it. */
interface OrderText {
  button: string;
  follows: string;
}

/** The words for an order on a whole cluster or on one instance, while a rollout runs or between rollouts. */
export function orderText({ order, instance, quarantine }: OfferedOrder, isRunning: boolean): OrderText {
  const isOne = instance !== undefined;
  const rollout = isRunning ? 'this rollout' : 'the next rollout';
  switch (order) {
    case 'pause':
      return {
        button: 'Pause',
        follows: isOne
          ? 'It waits in every rollout until it is resumed.'
          : isRunning
            ? 'Nothing new starts until it is resumed, and its Schedule is paused, too. What is in flight is finished.'
            : 'No rollout starts until it is resumed: its Schedule is paused.',
      };
    case 'resume':
      return {
        button: 'Resume',
        follows: isOne
          ? 'It has its turn again.'
          : isRunning
            ? 'Instances are started again, and the Schedule goes on.'
            : 'Its Schedule starts rollouts again.',
      };
    case 'skip':
      return {
        button: 'Skip',
        follows: isRunning
          ? 'It is left out of this rollout. If it is being drained, it is given back.'
          : 'It is left out of the next rollout, and of that one only.',
      };
    case 'unskip':
      return { button: 'Unskip', follows: `It has its turn in ${rollout} again.` };
    case 'hold':
      return {
        button: 'Hold',
        follows: `No rollout drains it until it is released.${isRunning ? ' What a rollout has begun on it is finished.' : ''}`,
      };
    case 'unhold':
      return { button: 'Release', follows: 'The next rollout looks at it again.' };
    case 'cancel':
      return {
        button: isOne ? 'Cancel its update' : 'Cancel the rollout',
        follows: isOne
          ? 'Before its reboot it is given back as it is; after it, its boot is finished first.'
          : 'Nothing new starts. What is out of service is given back, after its reboot where one was ordered.',
      };
    case 'clear':
      if (quarantine !== undefined)
        return {
          button: `Lift the quarantine of ${quarantine}`,
          follows: 'The next rollout tries this version again, also on hosts that fell back from it.',
        };
      return {
        button: isOne ? 'Clear' : 'Clear everything',
        follows: isOne
          ? 'What failed on it is forgotten, so that the next rollout tries it again, or gives it back if it is held out of service.'
          : 'Every failure in the cluster is forgotten and every quarantine lifted, so that the next rollout tries all again.',
      };
  }
}
