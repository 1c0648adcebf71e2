import type { Log } from "../lib/log.ts";
import type { PostOutcome } from "./post-event.ts";
import { SEND_TIMEOUT } from "./schedule.ts";

/*
 * E-mail, where the deployment has a sender: Cloudflare's Email Service, and an address of a domain that it sends for.
 */

/** A mail in plain text. */
export interface Mail {
  to: string;
  /** One line, of our own words. */
  subject: string;
  text: string;
}

/** Sends a mail once, and says what came of it in words that name nobody. */
export type SendMail = (mail: Mail) => Promise<PostOutcome>;

/** What is said where mails were sent once, and are no more. */
const NO_SENDER = "This deployment sends no e-mail.";

/**
 * @param from whom mails come from
 * @returns null where the deployment has no sender
 */
export function createSender(binding: SendEmail | undefined, from: string | null, log: Log): SendMail | null {
  if (!binding || from === null) return null;
  return async (mail) => {
    const signal = AbortSignal.timeout(SEND_TIMEOUT);
    const late = new Promise<never>((_done, fail) => {
      signal.addEventListener("abort", () => fail(signal.reason));
    });
    try {
      await Promise.race([binding.send({ from, ...mail }), late]);
      return outcome(null);
    } catch (error) {
      // Its message may name the address; its code tells whoever runs the deployment what to do.
      const code = signal.aborted ? "late" : codeOf(error);
      log.error("a mail was not sent", null, { code });
      return outcome(`The sender did not take it (${code}).`);
    }
  };
}

/** Sends a mail where there is a sender. */
export async function sendMailWith(sendMail: SendMail | null, mail: Mail): Promise<PostOutcome> {
  return sendMail === null ? outcome(NO_SENDER) : sendMail(mail);
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^E_[A-Z_]{1,60}$/.test(code) ? code : "no reason given";
}

function outcome(error: string | null): PostOutcome {
  return { status: null, error, response: "", retryAfter: null };
}
