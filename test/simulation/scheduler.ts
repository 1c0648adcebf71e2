import type { Millis } from "../../src/lib/clock.ts";

/*
 * Simulated time. Everything that happens is an event with a moment of its own; the next one runs when all that the one
 * before set off has come to rest. Nothing waits for real time.
 */

/** Something that will happen, unless it is called off. */
export interface Timer {
  at: Millis;
  order: number;
  label: string;
  action: (() => void) | null;
}

export class Scheduler {
  now: Millis;
  events = 0;
  readonly #heap: Timer[] = [];
  #order = 0;
  readonly #trace: (label: string) => void;

  constructor(start: Millis, trace: (label: string) => void) {
    this.now = start;
    this.#trace = trace;
  }

  /** Has something happen, at the earliest now. */
  at(at: Millis, label: string, action: () => void): Timer {
    const timer = { at: Math.max(Math.ceil(at), this.now), order: this.#order++, label, action };
    this.#push(timer);
    return timer;
  }

  after(span: Millis, label: string, action: () => void): Timer {
    return this.at(this.now + span, label, action);
  }

  /** Never resolves for somebody who died meanwhile: that is for the caller to see to. */
  wait(span: Millis, label: string): Promise<void> {
    return new Promise((resolve) => this.after(span, label, resolve));
  }

  cancel(timer: Timer): void {
    timer.action = null;
  }

  /** When the next thing happens that was not called off; null when nothing will. */
  next(): Millis | null {
    for (let first = this.#heap[0]; first; first = this.#heap[0]) {
      if (first.action !== null) return first.at;
      this.#pop();
    }
    return null;
  }

  /** Lets the next thing happen, and all that follows from it at once. */
  async step(): Promise<boolean> {
    if (this.next() === null) return false;
    const timer = this.#pop();
    this.now = timer.at;
    this.events += 1;
    this.#trace(timer.label);
    timer.action?.();
    timer.action = null;
    await rest();
    return true;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Timer;
      if (!isBefore(timer, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = timer;
  }

  #pop(): Timer {
    const heap = this.#heap;
    const first = heap[0] as Timer;
    const last = heap.pop() as Timer;
    if (heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right && isBefore(right, heap[child] as Timer)) child += 1;
      const below = heap[child] as Timer;
      if (!isBefore(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Resolves when all promises that can go on by themselves have done so. */
function rest(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
