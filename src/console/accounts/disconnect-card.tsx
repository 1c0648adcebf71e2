import type { PrintedAccount } from "../../accounts/print-account.ts";
import type { ListedPost } from "../../db/post-lists.ts";
import type { Member } from "../access/member.ts";
import { Card, Confirm } from "../frame/components.tsx";
import { Time } from "../frame/time.tsx";
import { nameOf } from "./parts.tsx";
import { ACCOUNTS } from "./strings.ts";

const WORDS = ACCOUNTS.disconnect;
const EXCERPT = 60;

/** Asks before an account is disconnected, and says what will fail. @param waiting some of the posts that will */
export function DisconnectCard(view: {
  member: Member;
  account: PrintedAccount;
  openTasks: number;
  waiting: readonly ListedPost[];
}) {
  const { member, account, openTasks, waiting } = view;
  return (
    <Card id="disconnect" title={WORDS.title} lead={WORDS.lead}>
      <Confirm
        label={WORDS.button}
        question={
          <>
            {WORDS.question(nameOf(account))} {openTasks === 0 ? WORDS.nothing : WORDS.atRisk(openTasks)}
          </>
        }
        details={
          waiting.length === 0 ? null : (
            <ul>
              {waiting.map(({ id, content, scheduledAt }) => (
                <li>
                  <a href={member.at(`posts/${id}`)}>{excerptOf(content) || id}</a>,{" "}
                  <Time at={scheduledAt} zone={member.workspace.timeZone} />
                </li>
              ))}
            </ul>
          )
        }
        action={member.at(`accounts/${account.id}/disconnect`)}
        confirm={WORDS.confirm}
      />
    </Card>
  );
}

function excerptOf(text: string): string {
  const characters = [...text];
  return characters.length <= EXCERPT ? text : `${characters.slice(0, EXCERPT).join("")}…`;
}
