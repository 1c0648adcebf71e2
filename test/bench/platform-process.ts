import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Millis } from "../../src/lib/clock.ts";

/** A call that makes a post public, and when the platform had heard it. */
export interface Call {
  text: string;
  at: Millis;
}

/** What the process says. */
export type Told =
  | { is: "listening"; origin: string }
  | { is: "opened"; externalId: string; token: string }
  | { is: "called"; calls: Call[] };

/** The stand-in for Meta's Graph API, in a process of its own. */
export class PlatformProcess {
  readonly origin: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, origin: string) {
    this.#child = child;
    this.origin = origin;
  }

  static async start(): Promise<PlatformProcess> {
    const child = fork(join(import.meta.dirname, "platform.ts"), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    process.on("exit", () => child.kill());
    const { origin } = await told(child, "listening");
    return new PlatformProcess(child, origin);
  }

  /** Opens a Page. */
  async open(): Promise<{ externalId: string; token: string }> {
    this.#child.send("open");
    return told(this.#child, "opened");
  }

  /** All calls up to now that make a post public. */
  async calls(): Promise<Call[]> {
    this.#child.send("called");
    return (await told(this.#child, "called")).calls;
  }

  stop(): void {
    this.#child.kill();
  }
}

/** One answer is waited for at a time. */
async function told<Is extends Told["is"]>(child: ChildProcess, is: Is): Promise<Extract<Told, { is: Is }>> {
  const [message] = (await once(child, "message")) as [Told];
  if (message.is !== is) throw new Error(`the platform said "${message.is}" and not "${is}"`);
  return message as Extract<Told, { is: Is }>;
}
