/** What a run, or many, got to. */
export class Coverage {
  readonly reached = new Map<string, number>();

  reach(label: string): void {
    this.reached.set(label, (this.reached.get(label) ?? 0) + 1);
  }

  add(other: Iterable<readonly [string, number]>): void {
    for (const [label, times] of other) this.reached.set(label, (this.reached.get(label) ?? 0) + times);
  }
}
