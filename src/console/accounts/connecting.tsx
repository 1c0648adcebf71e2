import { LIVE_PLATFORMS, PLATFORM_NAMES, SANDBOX_BEHAVIORS } from "../../lib/vocabulary.ts";
import type { Auths } from "../../platforms/registry.ts";
import type { Problem } from "../access/form.ts";
import { filledIn, problemOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { Card, Form, Notice } from "../frame/components.tsx";
import { SelectField, TextField } from "../frame/fields.tsx";
import { whatToSet } from "./parts.tsx";
import { ACCOUNTS } from "./strings.ts";

const MAX_NAME = 64;

/** Leads to the platforms that the deployment has an app of, and says what is missing of the others. */
export function ConnectCard({ member, auths }: { member: Member; auths: Auths }) {
  const words = ACCOUNTS.connect;
  const platforms = LIVE_PLATFORMS.map((platform) => ({ platform, missing: whatToSet(auths, platform) }));
  return (
    <Card id="connect" title={words.title} lead={words.lead}>
      {platforms.every(({ missing }) => missing !== null) ? null : (
        <div class="row">
          {platforms.map(({ platform, missing }) =>
            missing === null ? (
              <ConnectButton member={member} platform={platform} label={words.button(PLATFORM_NAMES[platform])} />
            ) : null,
          )}
        </div>
      )}
      {platforms.map(({ missing }) => (missing === null ? null : <Notice tone="warn">{missing}</Notice>))}
    </Card>
  );
}

export function ConnectButton(view: { member: Member; platform: string; label: string }) {
  return (
    <Form action={view.member.at("accounts/connect")} isInline={true}>
      <input type="hidden" name="platform" value={view.platform} />
      <button type="submit" class="button primary">
        {view.label}
      </button>
    </Form>
  );
}

export function SandboxCard({ member, problem }: { member: Member; problem: Problem | undefined }) {
  const words = ACCOUNTS.sandbox;
  const path = member.at("accounts/sandbox");
  const field = (name: string, value: string) => ({
    name,
    value: filledIn(problem, path, name, value),
    error: problemOf(problem, path, name),
  });
  return (
    <Card id="sandbox" title={words.title} lead={words.lead}>
      <Form action={path}>
        <SelectField
          {...field("platform", "instagram")}
          label={words.platform}
          options={LIVE_PLATFORMS.map((platform) => [platform, PLATFORM_NAMES[platform]])}
        />
        <TextField {...field("username", "")} label={words.username} attributes={{ maxlength: MAX_NAME }} />
        <SelectField
          {...field("behavior", "ok")}
          label={words.behavior}
          hint={words.behaviorHint}
          options={SANDBOX_BEHAVIORS.map((behavior) => [behavior, words.behaviors[behavior]])}
        />
        <div>
          <button type="submit" class="button primary">
            {words.button}
          </button>
        </div>
      </Form>
    </Card>
  );
}
