import { ERRORS, STATUS_NAMES } from "../api/errors.ts";
import type { Page } from "./page.tsx";

/** The page that every error's `doc_url` leads to, with an anchor for each code. */
export function errorsPage(): Page {
  return {
    title: "Errors of the Apionics API",
    body: (
      <>
        <h1>Errors</h1>
        <p>
          What a code says, whether the same request may succeed later, and what to do. <a href="/docs">The API</a> is
          described beside this page.
        </p>
        {Object.entries(ERRORS).map(([code, { status, description, retryable, remediation, userMessage }]) => (
          <section id={code}>
            <h2>
              <code>{code}</code>
            </h2>
            <p class="soft">
              {status} {STATUS_NAMES[status]},{" "}
              {retryable ? "may succeed when it is sent again" : "not to be sent again as it is"}
            </p>
            <p>{description}</p>
            <p>{remediation}</p>
            {userMessage === null ? null : <p class="soft">For an end user: {userMessage}</p>}
          </section>
        ))}
      </>
    ),
  };
}
