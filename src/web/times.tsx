/** An instant as people read it: in UTC, as in every table of ours and in the names of rollouts. `at` is ISO 8601. */
export function Instant({ at, brief }: { at: string; brief?: boolean }) {
  const [day = '', clock = ''] = at.slice(0, 19).split('T');
  return (
    <time datetime={at} title={at}>
      {brief ? clock : `${day} ${clock} UTC`}
    </time>
  );
}

/** An instant that a browser shows as the time that has passed since. */
export function Age({ at }: { at: string }) {
  return (
    <time datetime={at} title={at} class="age">
      {at.slice(11, 19)}
    </time>
  );
}

/** The time of day of a mark on an axis, with the day where an axis is that long. */
export function tickText(ms: number, spanMs: number): string {
  const iso = new Date(ms).toISOString();
  if (spanMs > 36 * 3_600_000) return iso.slice(5, 16).replace('T', ' ');
  return spanMs > 10 * 60_000 ? iso.slice(11, 16) : iso.slice(11, 19);
}
