import type { Context } from "hono";
import type { AppEnv } from "../../api/context.ts";
import type { Member } from "../access/member.ts";
import { PageHead, SECRET_SCRIPTS, Secret } from "../frame/components.tsx";
import { showMember } from "../frame/show.tsx";
import { DEVELOPERS } from "./strings.ts";

/**
 * Shows a secret, once.
 *
 * @param secret null: it was shown before
 * @param next the page of what it is the secret of; null: it is not known any more
 */
export function showSecret(
  c: Context<AppEnv>,
  member: Member,
  view: { title: string; lead: string; label: string; secret: string | null; next: string | null },
) {
  const { label, secret } = view;
  const title = secret === null ? DEVELOPERS.shownTitle : view.title;
  return showMember(c, member, {
    current: "developers",
    title,
    status: secret === null ? 410 : 201,
    scripts: secret === null ? [] : SECRET_SCRIPTS,
    body: (
      <>
        <PageHead title={title} lead={secret === null ? DEVELOPERS.shownText : view.lead} />
        {secret === null ? null : <Secret id="secret" label={label} value={secret} />}
        <p>
          <a class="button" href={view.next ?? member.at("developers")}>
            {secret === null ? DEVELOPERS.back : DEVELOPERS.kept}
          </a>
        </p>
      </>
    ),
  });
}
