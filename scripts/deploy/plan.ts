import { SECRETS } from "../start/secrets.ts";
import { allMigrations, databaseName } from "./database.ts";
import { metricsBinding, metricsOutcome, wranglerWithMetrics } from "./metrics.ts";
import { say } from "./say.ts";
import { FILE } from "./secrets.ts";
import { failure } from "./wrangler.ts";

/** Builds what would be deployed and says what would be done, without a login. */
export async function showPlan(): Promise<void> {
  const answer = await wranglerWithMetrics(["deploy", "--dry-run"]);
  if (!answer.ok) throw failure("Building the Worker", answer);
  const { output } = answer;
  const size = /Total Upload: .*/.exec(output)?.[0].replace("Total Upload: ", "") ?? "size unknown";
  const bindings = [...output.matchAll(/^env\.(\S+)/gm)].map(([, name]) => name);
  console.log("Nothing is changed. On an account that has nothing, npm run deploy does this, and each step once:\n");
  say("Login", "checked, by wrangler login or CLOUDFLARE_API_TOKEN; the plan is told, as far as it can be");
  say("Secrets", `made, written to ${FILE} and set where missing: ${Object.keys(SECRETS).join(", ")}`);
  say("Database", `${databaseName()}, created`);
  say("Migrations", `${allMigrations().length} applied: ${allMigrations().join(", ")}`);
  say("Worker", `deployed (${size}), with ${bindings.length} bindings: ${bindings.join(", ")}`);
  const metrics = metricsBinding();
  say("Metrics", metrics === null ? metricsOutcome(true) : `${metrics} is left out where the account refuses it`);
  say("Address", "PUBLIC_ORIGIN set to the custom domain, or to the address at workers.dev");
  say("Workspace", "created where there is none");
  say("Console", "a link for its first admin");
}
