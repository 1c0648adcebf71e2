import { Platform } from "../chaos/platform.ts";
import type { Told } from "./platform-process.ts";

/*
 * Meta's stand-in as a process: it shares no thread with what it times. See `platform-process.ts`.
 */

const platform = new Platform();

process.on("message", (asked: "open" | "called") => {
  if (asked === "open") tell({ is: "opened", ...platform.open("facebook") });
  else tell({ is: "called", calls: platform.commits.map(({ text, receivedAt }) => ({ text, at: receivedAt })) });
});
process.on("disconnect", () => process.exit());
tell({ is: "listening", origin: await platform.listen() });

function tell(told: Told): void {
  process.send?.(told);
}
