import type { ProjectedTask } from "../../db/posts.ts";
import { filledIn, problemOf } from "../access/form.ts";
import { Form } from "../frame/components.tsx";
import { Choices, TextField } from "../frame/fields.tsx";
import type { PostView } from "./post-view.ts";
import { POST } from "./strings.ts";

const WORDS = POST.resolve;
const OUTCOMES = ["published", "not_published"] as const;

/** Asks what became of a task that no reading could settle. */
export function ResolveForm({ view, task }: { view: PostView; task: ProjectedTask }) {
  const path = view.at(`tasks/${task.accountId}/resolve`);
  const { problem } = view;
  return (
    <div class="decision">
      <h4>{WORDS.title}</h4>
      <p class="soft">{WORDS.lead}</p>
      <Form action={path}>
        <Choices
          type="radio"
          name="outcome"
          id={`outcome-${task.accountId}`}
          label={WORDS.outcome}
          error={problemOf(problem, path, "outcome")}
          chosen={[filledIn(problem, path, "outcome", "")]}
          choices={OUTCOMES.map((value) => ({ value, ...WORDS[value] }))}
        />
        <TextField
          name="platform_post_id"
          id={`id-${task.accountId}`}
          label={WORDS.id}
          hint={WORDS.idHint}
          isOptional={true}
          value={filledIn(problem, path, "platform_post_id", "")}
          error={problemOf(problem, path, "platform_post_id")}
          attributes={{ inputmode: "numeric", maxlength: 100 }}
        />
        <div>
          <button type="submit" class="button">
            {WORDS.save}
          </button>
        </div>
      </Form>
    </div>
  );
}
