import type { Crossings } from "./crossing.ts";
import type { Faults } from "./faults.ts";

/** R2, as far as media is read from it. */
export class R2 {
  readonly #objects = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #deps: { crossings: Crossings; faults: Faults };

  constructor(deps: { crossings: Crossings; faults: Faults }) {
    this.#deps = deps;
  }

  /** For the simulation itself. */
  store(key: string, bytes: Uint8Array<ArrayBuffer>): void {
    this.#objects.set(key, bytes);
  }

  get(key: string): Promise<{ body: Uint8Array<ArrayBuffer> } | null> {
    const { crossings, faults } = this.#deps;
    return crossings.call({
      place: "r2 get",
      refusal: faults.strikes("r2 refused", "get") ? new Error("get: We encountered an internal error.") : null,
      effect: () => {
        const body = this.#objects.get(key);
        return body === undefined ? null : { body };
      },
    });
  }
}
