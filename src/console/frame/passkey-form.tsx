import type { Child } from "hono/jsx";
import { FRAME, SIGN_IN } from "../strings.ts";

/**
 * A form that its script sends, see `PASSKEY` in scripts.ts.
 *
 * @param at the path below which `begin` and `finish` are asked
 * @param kind whether a passkey is made, or one is used
 * @param next where to go on
 */
export function PasskeyForm(view: {
  at: string;
  kind: "make" | "use";
  next: string;
  button: string;
  children?: Child;
}) {
  return (
    <form
      class="fields"
      data-passkey={view.kind}
      data-at={view.at}
      data-next={view.next}
      data-product={FRAME.product}
      data-waiting={SIGN_IN.waiting}
      data-canceled={SIGN_IN.canceled}
      data-unsupported={SIGN_IN.unsupported}
    >
      {view.children}
      <button type="submit" class="button primary wide-button" disabled>
        {view.button}
      </button>
      <p id="passkey-said" role="status" />
      <noscript>
        <p class="notice warn">{SIGN_IN.noScript}</p>
      </noscript>
    </form>
  );
}
