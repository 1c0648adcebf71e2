import type { Told } from "./in-words.ts";
import type { Mail } from "./send-mail.ts";

/*
 * The mails there are. Their subjects are ours to the last word, so that nothing of what others have written gets into the
 * header of a mail.
 */

/** What a member is told. */
export function notificationMail(to: string, { title, text, postId, link, settings }: Told): Mail {
  return {
    to,
    subject: title,
    text: `${text}\n\nPost: ${postId}\n${link}\n\nYou asked to be told of this. Change it here:\n${settings}\n`,
  };
}

/** Asks whether an address is the member's who named it. It says nothing that they could have written. */
export function confirmationMail(to: string, link: string): Mail {
  return {
    to,
    subject: "Confirm your address",
    text: `Somebody asked to be told here of posts that fail or wait for approval.

If that was you, open this link within an hour and confirm it:
${link}

If it was not, there is nothing to do: you get nothing more.
`,
  };
}
