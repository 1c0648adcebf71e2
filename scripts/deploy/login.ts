import { Failure } from "../start/failure.ts";
import { say } from "./say.ts";
import { failure, wrangler } from "./wrangler.ts";

/*
 * Who is logged in, to which account, and on which plan that is.
 */

const API = "https://api.cloudflare.com/client/v4";
/** What Cloudflare calls the paid plan among an account's subscriptions. */
const PAID = "workers_paid";

export interface Account {
  id: string;
  name: string;
}

interface WhoAmI {
  loggedIn: boolean;
  accounts?: Account[];
}

/**
 * Says which account is deployed to.
 *
 * @throws Failure when nobody is logged in, or it is not said which of several accounts is meant
 */
export async function checkLogin(): Promise<Account> {
  const answer = await wrangler(["whoami", "--json"]);
  // Where it says nothing of that, it could not ask.
  if (!answer.output.includes("loggedIn")) throw failure("Asking who is logged in", answer);
  const { loggedIn, accounts = [] } = JSON.parse(answer.output) as WhoAmI;
  if (!loggedIn) {
    throw new Failure(
      "Nobody is logged in to Cloudflare. Run: npx wrangler login. Where nobody can, set CLOUDFLARE_API_TOKEN.",
    );
  }
  const wanted = process.env.CLOUDFLARE_ACCOUNT_ID;
  const account = wanted ? accounts.find(({ id }) => id === wanted) : accounts[0];
  if (!account) throw new Failure(`The login does not reach ${wanted ? `the account ${wanted}` : "any account"}.`);
  if (!wanted && accounts.length > 1) {
    const list = accounts.map(({ id, name }) => `  ${id}  ${name}`).join("\n");
    throw new Failure(`The login reaches several accounts. Set CLOUDFLARE_ACCOUNT_ID to one of them:\n${list}`);
  }
  // Wrangler remembers the account of an earlier login otherwise.
  process.env.CLOUDFLARE_ACCOUNT_ID = account.id;
  say("Login", `${account.name} (${account.id})`);
  return account;
}

/** Says which plan the account is on, as far as its subscriptions may be read: nothing here depends on it. */
export async function tellPlan({ id }: Account): Promise<void> {
  const token = process.env.CLOUDFLARE_API_TOKEN;
  if (!token) return say("Plan", "not known: a login may not read it. The free one works, see docs/deploy.md");
  const base = process.env.CLOUDFLARE_API_BASE_URL ?? API;
  const headers = { Authorization: `Bearer ${token}` };
  const response = await fetch(`${base}/accounts/${id}/subscriptions`, { headers }).catch(() => null);
  if (!response) return say("Plan", "not known: Cloudflare did not answer. The free one works, see docs/deploy.md");
  if (!response.ok) {
    return say("Plan", "not known: the token may not read billing. The free one works, see docs/deploy.md");
  }
  const { result } = (await response.json()) as { result: { rate_plan?: { id?: string } }[] | null };
  const isPaid = (result ?? []).some(({ rate_plan }) => rate_plan?.id === PAID);
  say("Plan", isPaid ? "Workers Paid" : "Workers Free: about 830 posts a day, see docs/deploy.md");
}
