import type { Millis } from "../lib/clock.ts";
import type { AlertBook } from "./book.ts";
import { EMPTY_BOOK, heed, told } from "./book.ts";
import type { AlertName, Seen } from "./conditions.ts";
import { ALERTS } from "./conditions.ts";
import type { AlertDeps } from "./send-alert.ts";
import { sendAlert } from "./send-alert.ts";

const BOOK = "alerts";

/** Where the book lies: storage of an object, which outlives it. */
interface BookShelf {
  get<T>(key: string): T | undefined;
  put(key: string, value: AlertBook): void;
}

/** Keeps the book of alerts in an object's storage, and tells what stands in it. */
export class AlertDesk {
  readonly #shelf: BookShelf;
  readonly #deps: () => AlertDeps;
  #telling: Promise<void> | null = null;

  /** @param deps made when they are needed: settings that are wrong must not fail the object */
  constructor(shelf: BookShelf, deps: () => AlertDeps) {
    this.#shelf = shelf;
    this.#deps = deps;
  }

  /** What is firing, in a fixed order. */
  firing(): { alert: AlertName; since: Millis }[] {
    const { firing } = this.#book();
    return ALERTS.flatMap((alert) => {
      const known = firing[alert];
      return known ? [{ alert, since: known.since }] : [];
    });
  }

  /** Takes note of what was seen, and tells what is to be told. */
  async heed(seen: Seen): Promise<void> {
    const deps = this.#deps();
    const before = this.#book();
    const after = heed(before, seen, deps.clock(), deps.alertUrl !== null);
    if (JSON.stringify(after) !== JSON.stringify(before)) this.#shelf.put(BOOK, after);
    await this.#tell(deps);
  }

  /** One at a time, in order; the first that is not taken keeps the others waiting. */
  #tell(deps: AlertDeps): Promise<void> {
    this.#telling ??= this.#tellAll(deps).finally(() => {
      this.#telling = null;
    });
    return this.#telling;
  }

  async #tellAll(deps: AlertDeps): Promise<void> {
    for (;;) {
      const { outbox, nextTryAt } = this.#book();
      const [message] = outbox;
      if (!message || nextTryAt > deps.clock()) return;
      const isTaken = await sendAlert(deps, message);
      this.#shelf.put(BOOK, told(this.#book(), message, isTaken, deps.clock()));
    }
  }

  #book(): AlertBook {
    return this.#shelf.get<AlertBook>(BOOK) ?? EMPTY_BOOK;
  }
}
