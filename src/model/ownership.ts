/** The value of `ecs-updater.drained`, `<installation>/<rollout id>/<ISO time>`: who drained an instance, in which rollout, when. */
export interface DrainMark {
  installation: string;
  rolloutId: string;
  /** ISO 8601. */
  since: string;
}

/** Writes a mark as the attribute's value (ECS allows 128 characters). */
export const formatMark = (mark: DrainMark): string => `${mark.installation}/${mark.rolloutId}/${mark.since}`;

/** Reads an attribute's value; one that is not of our form belongs to nobody we know, so its whole text stands as the installation. */
export function parseMark(value: string): DrainMark {
  const match = /^([^/]+)\/([^/]+)\/(\d{4}-\d\d-\d\dT[\d:.]+Z)$/.exec(value);
  const [, installation, rolloutId, since] = match ?? [];
  return installation && rolloutId && since
    ? { installation, rolloutId, since }
    : { installation: value, rolloutId: '', since: '' };
}

/** Whether the one who left this mark is us. */
export const isOurs = (mark: DrainMark | null, installation: string): boolean =>
  mark !== null && mark.installation === installation;
