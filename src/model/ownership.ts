/**
 * The value of `ecs-updater.drained`, `<installation>/<rollout id>/<ISO time>/<version>`: who drained an instance, in which rollout, when, and
 * for which version. With `/held` behind it the instance stays DRAINING until somebody clears it.
 */
export interface DrainMark {
  installation: string;
  rolloutId: string;
  /** ISO 8601. */
  since: string;
  /** The version that it was to boot, so that who gives it back after an interruption knows whether it did. */
  target?: string;
  /** Its reboot was not proven, and the settings say to keep such a host out of service. */
  held?: true;
}

/** What fits beside the longest installation and a UUID, of characters that ECS allows. */
const targetText = /^\d[\w.-]{0,23}$/;

/** Writes a mark as the attribute's value (ECS allows 128 characters); without a target that does not fit. */
export function formatMark({ installation, rolloutId, since, target, held }: DrainMark): string {
  const known = target !== undefined && targetText.test(target);
  return [installation, rolloutId, since, ...(known ? [target] : []), ...(held ? ['held'] : [])].join('/');
}

/** Reads an attribute's value; one that is not of our form belongs to nobody we know, so its whole text stands as the installation. */
export function parseMark(value: string): DrainMark {
  const match = /^([^/]+)\/([^/]+)\/(\d{4}-\d\d-\d\dT[\d:.]+Z)(?:\/(\d[\w.-]*))?(\/held)?$/.exec(value);
  const [, installation, rolloutId, since, target, held] = match ?? [];
  return installation && rolloutId && since
    ? {
        installation,
        rolloutId,
        since,
        ...(target !== undefined && { target }),
        ...(held !== undefined && { held: true }),
      }
    : { installation: value, rolloutId: '', since: '' };
}

/** Whether the one who left this mark is us. */
export const isOurs = (mark: DrainMark | null, installation: string): boolean =>
  mark !== null && mark.installation === installation;

/** Whether an instance is one that we hold out of service until somebody clears it. One that is ACTIVE was set so by somebody. */
export const isHeld = (
  { status, mark }: { status: string; mark: DrainMark | null },
  installation: string,
): boolean => status === 'DRAINING' && isOurs(mark, installation) && mark?.held !== undefined;
