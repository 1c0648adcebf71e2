import type { Millis } from "../../src/lib/clock.ts";
import { MINUTE, SECOND } from "../../src/lib/clock.ts";
import type { Account, Asked } from "./history.ts";
import type { Random } from "./random.ts";

/*
 * What is published: texts, links and photos on Pages, pictures on Instagram, some on both at once, some texts twice on
 * one Page; at once or within a minute; some of it canceled again.
 */

/** One post to ask for. */
export interface Order {
  asked: Asked;
  body: object;
  /** How long after it was accepted it is canceled; null when it is not. */
  cancelAfter: Millis | null;
}

const SCHEDULED_WITHIN: Millis = MINUTE;
const CANCELED_WITHIN: Millis = 20 * SECOND;
/** Equal texts, so that posts must be told apart by more than what they say. */
const COMMON_TEXTS = ["Open today", "Closed today"];

export class Workload {
  readonly #random: Random;
  readonly #accounts: Account[];
  readonly #mediaId: string;
  #made = 0;

  /** @param mediaId a picture that both platforms take */
  constructor(random: Random, accounts: Account[], mediaId: string) {
    this.#random = random;
    this.#accounts = accounts;
    this.#mediaId = mediaId;
  }

  /** Makes an order of any kind. */
  next(): Order {
    const random = this.#random;
    const isScheduled = random.chance(0.65);
    const at = Date.now() + random.between(SECOND, SCHEDULED_WITHIN);
    const schedule = isScheduled ? new Date(Math.floor(at)).toISOString() : "now";
    const cancelAfter = random.chance(isScheduled ? 0.12 : 0.03) ? random.between(0, CANCELED_WITHIN) : null;
    return this.#order(schedule, cancelAfter);
  }

  /** Makes an order for now, which is not canceled. */
  nextForNow(): Order {
    return this.#order("now", null);
  }

  #order(schedule: string, cancelAfter: Millis | null): Order {
    const random = this.#random;
    const number = this.#made++;
    const page = random.pick(this.#accounts.filter(({ platform }) => platform === "facebook"));
    const profile = random.pick(this.#accounts.filter(({ platform }) => platform === "instagram"));
    const kind = random.weighted([
      [30, "text"],
      [8, "common text"],
      [10, "link"],
      [14, "photo"],
      [28, "image"],
      [10, "both"],
    ] as const);
    const accounts = kind === "image" ? [profile] : kind === "both" ? [page, profile] : [page];
    const text = kind === "common text" ? random.pick(COMMON_TEXTS) : `Post ${number} ${word(random)} ${word(random)}`;
    const hasPicture = ["photo", "image", "both"].includes(kind);
    const notBefore = schedule === "now" ? Date.now() : Date.parse(schedule);
    return {
      asked: { key: `order-${number}`, text, accounts, notBefore },
      body: {
        content: text,
        accounts: accounts.map(({ id }) => id),
        schedule,
        ...(hasPicture ? { media: [this.#mediaId] } : {}),
        ...(kind === "link" ? { options: { facebook: { link: `https://example.com/${number}` } } } : {}),
      },
      cancelAfter,
    };
  }
}

/** Something that makes texts unlike each other. */
function word(random: Random): string {
  return Array.from({ length: 8 }, () => String.fromCharCode(97 + Math.floor(random.next() * 26))).join("");
}
