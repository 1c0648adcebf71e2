import { parseArgs } from "node:util";
import { Failure } from "./start/failure.ts";

/*
 * `npm run rotate-keys`: seals every stored secret anew with the first of `ENCRYPTION_KEYS`. To be run once a deployment
 * with `ENCRYPTION_KEYS=new:…,old:…` is up; it may be stopped and started again at any time.
 */

interface Progress {
  resealed: number;
  remaining: number;
}

async function main(): Promise<void> {
  const origin = readOrigin();
  const adminToken = process.env.ADMIN_TOKEN;
  if (!adminToken) throw new Failure("Set ADMIN_TOKEN to the deployment's admin token.");
  let total = 0;
  for (;;) {
    const { resealed, remaining } = await rotate(origin, adminToken);
    total += resealed;
    console.log(`${total} sealed anew, ${remaining} to go`);
    if (remaining === 0) break;
    if (resealed === 0) {
      const message =
        `${remaining} secrets cannot be opened with any of ENCRYPTION_KEYS. Deploy the key that they were sealed with ` +
        "as well, or have their accounts connected again. Drop no key before.";
      throw new Failure(message);
    }
  }
  console.log(
    "Done: no stored secret needs another key than the first. Drop the old ones from ENCRYPTION_KEYS two days after the " +
      "new one was deployed: until then media addresses that they signed may still be in use.",
  );
}

async function rotate(origin: string, adminToken: string): Promise<Progress> {
  const address = `${origin}/v1/encryption-keys/rotate`;
  let response: Response;
  try {
    response = await fetch(address, { method: "POST", headers: { Authorization: `Bearer ${adminToken}` } });
  } catch {
    throw new Failure(`Nothing answers at ${origin}. Try: npm run rotate-keys -- --origin https://api.example.com`);
  }
  const text = await response.text();
  if (!response.ok) throw new Failure(`${address} answered ${response.status}: ${text}`);
  return JSON.parse(text) as Progress;
}

function readOrigin(): string {
  try {
    const { values } = parseArgs({ options: { origin: { type: "string" } } });
    return (values.origin ?? process.env.APIONICS_ORIGIN ?? "http://localhost:8787").replace(/\/$/, "");
  } catch (error) {
    throw new Failure(
      `${error instanceof Error ? error.message : error} Try: npm run rotate-keys -- --origin https://…`,
    );
  }
}

main().catch((error: unknown) => {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exit(1);
});
