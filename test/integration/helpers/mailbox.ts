import { env } from "cloudflare:workers";
import { servicesOf } from "../../../src/services.ts";
import { createSender } from "../../../src/webhooks/send-mail.ts";

/** Whom mails come from. */
export const SENDER = "apionics@sender.example";

/** A mail as the binding was given it. */
export interface Sent {
  from: string;
  to: string;
  subject: string;
  text: string;
}

/** In the place of the binding that sends e-mail: the deployment has a sender until `close`. */
export class Mailbox {
  readonly sent: Sent[] = [];
  /** Thrown by the binding instead of taking a mail; null: it takes all. */
  refusal: Error | null = null;

  constructor() {
    const send = async (mail: Sent) => {
      if (this.refusal) throw this.refusal;
      this.sent.push(mail);
      return { messageId: `mail-${this.sent.length}` };
    };
    const services = servicesOf(env);
    services.sendMail = createSender({ send } as unknown as SendEmail, SENDER, services.log);
  }

  /** What an address was sent. */
  at(address: string): Sent[] {
    return this.sent.filter(({ to }) => to === address);
  }

  close(): void {
    servicesOf(env).sendMail = null;
  }
}

/** Where the link in a mail leads, without its host. */
export function linkIn({ text }: Sent): string {
  const { pathname, search } = new URL(/http\S+confirm=\S+/.exec(text)?.[0] ?? "");
  return `${pathname}${search}`;
}
