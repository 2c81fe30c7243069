const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** What `date ARGS` prints at an instant (milliseconds since the epoch), in UTC as on every host; null for arguments that ask for another instant. */
export function formatDate(instant: number, args: readonly string[]): string | null {
  const format = args.find((arg) => arg.startsWith('+'));
  const others = args.filter((arg) => arg !== format && arg !== '-u' && arg !== '--utc');
  const iso = others.find((arg) => arg === '-Iseconds' || arg === '--iso-8601=seconds');
  if (iso !== undefined) {
    return expand(instant, '%FT%T+00:00');
  }
  return others.length > 0 ? null : expand(instant, format?.slice(1) ?? '%a %b %e %T UTC %Y');
}

const two = (value: number): string => String(value).padStart(2, '0');

function expand(instant: number, format: string): string {
  const at = new Date(instant);
  const fields: Record<string, string> = {
    s: String(Math.floor(instant / 1000)),
    N: String(at.getUTCMilliseconds() * 1_000_000).padStart(9, '0'),
    Y: String(at.getUTCFullYear()),
    m: two(at.getUTCMonth() + 1),
    d: two(at.getUTCDate()),
    e: String(at.getUTCDate()).padStart(2, ' '),
    H: two(at.getUTCHours()),
    M: two(at.getUTCMinutes()),
    S: two(at.getUTCSeconds()),
    F: at.toISOString().slice(0, 10),
    T: at.toISOString().slice(11, 19),
    a: days[at.getUTCDay()] ?? '',
    b: months[at.getUTCMonth()] ?? '',
    Z: 'UTC',
    z: '+0000',
    '%': '%',
  };
  return format.replace(/%([a-zA-Z%])/g, (whole, letter: string) => fields[letter] ?? whole);
}
