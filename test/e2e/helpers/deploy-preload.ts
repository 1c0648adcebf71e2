import { appendFileSync } from "node:fs";

/*
 * Loaded into every process that a deployment starts: writes down its arguments, and leads requests for what was deployed
 * to the stand-in.
 */

const { ARGUMENTS_FILE = "", DEPLOYED_AT = "" } = process.env;
appendFileSync(ARGUMENTS_FILE, `${process.argv.join(" ")}\n`);

const { fetch: realFetch } = globalThis;
globalThis.fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  return realFetch(url.protocol === "https:" ? `${DEPLOYED_AT}${url.pathname}${url.search}` : input, init);
};
