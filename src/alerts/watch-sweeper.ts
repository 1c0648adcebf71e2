import type { Millis } from "../lib/clock.ts";
import { SECOND } from "../lib/clock.ts";
import type { Message } from "./book.ts";
import { OVER } from "./conditions.ts";
import type { AlertDeps } from "./send-alert.ts";
import { sendAlert } from "./send-alert.ts";

/** What looking after the sweeper needs from where it runs. */
export interface WatchDeps extends AlertDeps {
  /** Has the sweeper look after itself: it sets its alarm, and tells of its own silence. */
  keepSweeperAwake(): Promise<void>;
  sleep(span: Millis): Promise<void>;
  /** Where it stands that the sweeper could not be reached: it cannot keep that itself. */
  store: KVNamespace;
}

const UNREACHABLE = "alerts/sweeper_unreachable";
/** How long the sweeper is waited for: longer than it waits for whoever it tells. */
const PATIENCE: Millis = 60 * SECOND;

/** Looks after the sweeper, from outside of it, and tells when it cannot be reached. Never throws. */
export async function watchSweeper(deps: WatchDeps): Promise<void> {
  const { store, clock, log } = deps;
  try {
    const isReached = await reach(deps);
    const since = await store.get(UNREACHABLE);
    const message = { alert: "sweeper_unreachable", since: Number(since ?? clock()), at: clock() } as const;
    if (!isReached && since === null) {
      const words = "The object that sweeps cannot be reached.";
      if (await isTold(deps, { ...message, state: "firing", words })) await store.put(UNREACHABLE, String(clock()));
    } else if (isReached && since !== null) {
      const words = OVER.sweeper_unreachable;
      if (await isTold(deps, { ...message, state: "resolved", words })) await store.delete(UNREACHABLE);
    }
  } catch (error) {
    log.error("the sweeper could not be watched", error);
  }
}

async function reach({ keepSweeperAwake, sleep, log }: WatchDeps): Promise<boolean> {
  const late = async () => {
    await sleep(PATIENCE);
    throw new Error("the sweeper does not answer");
  };
  try {
    await Promise.race([keepSweeperAwake(), late()]);
    return true;
  } catch (error) {
    log.error("the sweeper could not be reached", error);
    return false;
  }
}

/** Where nobody is to be told, nothing is owed. */
async function isTold(deps: WatchDeps, message: Message): Promise<boolean> {
  return deps.alertUrl === null || sendAlert(deps, message);
}
