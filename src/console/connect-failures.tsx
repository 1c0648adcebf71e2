import type { ConnectError } from "../accounts/connect-errors.ts";
import type { Page } from "./page.tsx";

/** What a person is told for each way in which connecting comes to nothing, and what to do about it. */
const WORDS: Readonly<Record<ConnectError, { title: string; text: string; advice: string }>> = {
  access_denied: {
    title: "Nothing was connected",
    text: "You chose not to allow access, so no account was connected.",
    advice: "If you have changed your mind, open the link that you were given again.",
  },
  missing_permissions: {
    title: "A permission is missing",
    text: "Something was left out that is needed to publish, so no account was connected.",
    advice: "Open the link that you were given again, and leave every permission switched on.",
  },
  no_accounts: {
    title: "No account was found",
    text: "Access was allowed, but there was no account among what you chose that can be connected.",
    advice:
      "For Facebook choose a Page that you may publish on. For Instagram the account must be a professional one, and to " +
      "connect it by Facebook it must be linked to a Page. Then open the link that you were given again.",
  },
  link_expired: {
    title: "This link has expired",
    text: "Links to connect accounts work for a limited time only, and this one is over.",
    advice: "Ask whoever gave it to you for a new one.",
  },
  link_used: {
    title: "This link was used",
    text: "Each link connects accounts once, and this one has done so.",
    advice: "If you want to connect more, ask whoever gave it to you for a new one.",
  },
  state_invalid: {
    title: "This page has expired",
    text: "Connecting took too long, was done already, or was begun in another browser.",
    advice: "Open the link that you were given again, and stay in one browser until the end.",
  },
  choice_expired: {
    title: "This choice has expired",
    text: "The accounts were not chosen in time, and what you had allowed was forgotten.",
    advice: "Open the link that you were given again.",
  },
  platform_error: {
    title: "The platform did not answer as it should",
    text: "Access could not be completed, so no account was connected.",
    advice: "Wait a few minutes, then open the link that you were given again.",
  },
  internal_error: {
    title: "Something went wrong on our side",
    text: "The accounts could not be stored.",
    advice: "Open the link that you were given again. It still works.",
  },
};

/** The same in a sentence or two, for who has no link that they were given. */
export function failureText(error: ConnectError): string {
  return WORDS[error].text;
}

/** @param missing permissions that the person did not give */
export function failurePage(error: ConnectError, missing: string[], status: 200 | 410 = 200): Page {
  const { title, text, advice } = WORDS[error];
  return {
    title,
    status,
    body: (
      <>
        <h1>{title}</h1>
        <p>{text}</p>
        {missing.length === 0 ? null : <MissingPermissions missing={missing} />}
        <p>{advice}</p>
      </>
    ),
  };
}

export function MissingPermissions({ missing }: { missing: string[] }) {
  return (
    <>
      <p>Not allowed, and needed to publish:</p>
      <ul>
        {missing.map((permission) => (
          <li>
            <code>{permission}</code>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Nothing that we know of: a mistyped link most likely. */
export function unknownPage(): Page {
  return {
    title: "Nothing here",
    status: 404,
    body: (
      <>
        <h1>There is nothing here</h1>
        <p>The address is not complete, or what it led to is long over.</p>
        <p>Open the link that you were given again, exactly as it was, or ask for a new one.</p>
      </>
    ),
  };
}
