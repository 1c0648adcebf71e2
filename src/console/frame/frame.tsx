import type { Child } from "hono/jsx";
import type { KeyScope } from "../../lib/vocabulary.ts";
import { MODES } from "../../lib/vocabulary.ts";
import type { Member } from "../access/member.ts";
import { FRAME, PAGES, ROLES } from "../strings.ts";

/** What a page takes to be named in the navigation. `isWhole`: it reaches beyond single accounts. */
const NEEDS: Readonly<Record<keyof typeof PAGES, { scope: KeyScope; isWhole?: true }>> = {
  overview: { scope: "posts:read" },
  calendar: { scope: "posts:read" },
  compose: { scope: "posts:write" },
  accounts: { scope: "accounts:read" },
  developers: { scope: "webhooks:read", isWhole: true },
  feed: { scope: "posts:read", isWhole: true },
  settings: { scope: "posts:read", isWhole: true },
};

/** What is around every page of a workspace. */
export function Frame(view: { member: Member; current: keyof typeof PAGES; path: string; body: Child }) {
  const { member, current } = view;
  const pages = (Object.keys(PAGES) as (keyof typeof PAGES)[]).filter((page) => mayOpen(member, page));
  return (
    <>
      <header>
        <Top member={member} path={view.path} />
        {member.mode === "test" ? <p class="test-mode">{FRAME.testMode}</p> : null}
      </header>
      <div class="frame">
        <nav class="pages" aria-label={FRAME.navigation}>
          {pages.map((page) => (
            <a href={member.at(page)} {...(page === current && { "aria-current": "page" })}>
              {PAGES[page]}
            </a>
          ))}
        </nav>
        <main id="main" tabindex={-1}>
          {view.body}
        </main>
      </div>
    </>
  );
}

function mayOpen(member: Member, page: keyof typeof PAGES): boolean {
  const { scope, isWhole } = NEEDS[page];
  return member.may(scope) && (isWhole === undefined || member.access.accountIds === null);
}

function Top({ member, path }: { member: Member; path: string }) {
  const { person, workspace, memberships, role } = member;
  return (
    <div class="top">
      <a class="brand" href="/console">
        {FRAME.product}
      </a>
      <details class="menu">
        <summary>
          <span class="visually-hidden">{FRAME.switchWorkspace}: </span>
          <span>{workspace.name}</span>
        </summary>
        <div>
          <ul class="plain" aria-label={FRAME.workspaces}>
            {memberships.map((each) => (
              <li>
                <a
                  href={`/console/${each.workspace.id}/${member.mode}`}
                  {...(each.workspace.id === workspace.id && { "aria-current": "true" })}
                >
                  {each.workspace.name}
                </a>
              </li>
            ))}
          </ul>
        </div>
      </details>
      <nav class="switch" aria-label={FRAME.mode}>
        {MODES.map((mode) => (
          <a href={inMode(path, mode)} {...(mode === member.mode && { "aria-current": "true" })}>
            {FRAME.modes[mode]}
          </a>
        ))}
      </nav>
      <details class="menu end">
        <summary>
          <span class="visually-hidden">{FRAME.account}: </span>
          <span>{person.name}</span>
        </summary>
        <div>
          <p class="soft small">
            {ROLES[role].name}, {workspace.name}
          </p>
          <a href={member.at("settings/notifications")}>{FRAME.notifications}</a>
          <form method="post" action="/console/sign-out">
            <button type="submit">{FRAME.signOut}</button>
          </form>
        </div>
      </details>
    </div>
  );
}

/** The same page in the other mode; what is one object's is not there, so that its list is shown. */
function inMode(path: string, mode: string): string {
  const [, , workspaceId, , page = ""] = path.split("/");
  return `/console/${workspaceId}/${mode}/${page}`;
}
