/** Keeps what was made for each key, so many of them: the one that was asked for longest ago goes first. */
export class Kept<T> {
  readonly #made = new Map<string, { value: T; until: number }>();

  constructor(private readonly most: number) {}

  /** What was made for a key, or what `make` makes now; `lastsMs`: how long that is good for, for ever where it is not given. */
  async of(key: string, make: () => Promise<T>, lastsMs: (made: T) => number = () => Infinity): Promise<T> {
    let made = this.#made.get(key);
    if (!made || made.until < Date.now()) {
      const value = await make();
      made = { value, until: Date.now() + lastsMs(value) };
    }
    this.#made.delete(key);
    this.#made.set(key, made);
    const [first] = this.#made.keys();
    if (this.#made.size > this.most && first !== undefined) this.#made.delete(first);
    return made.value;
  }
}
