import type { Child } from "hono/jsx";
import { newSecret } from "../../lib/crypto.ts";
import type { Problem } from "../access/form.ts";
import { FRAME } from "../strings.ts";
import { COPY_SCRIPT } from "./assets.ts";

/*
 * What pages are made of.
 */

/** How something stands: it is well, asks for attention, is broken, is under way, or is none of these. */
export type Tone = "ok" | "warn" | "bad" | "info" | "calm";

/**
 * The page's one first heading, with what can be done.
 *
 * @param back the list that the page's object is in
 */
export function PageHead(view: {
  title: string;
  lead?: Child;
  back?: { href: string; label: string };
  children?: Child;
}) {
  const { title, lead, back, children } = view;
  return (
    <header class="head">
      <div>
        {back === undefined ? null : (
          <a class="back" href={back.href}>
            {back.label}
          </a>
        )}
        <h1>{title}</h1>
        {lead === undefined ? null : <p>{lead}</p>}
      </div>
      {children === undefined ? null : <div class="row">{children}</div>}
    </header>
  );
}

/** A part of a page, with a heading of its own. */
export function Card({ id, title, lead, children }: { id: string; title: string; lead?: Child; children?: Child }) {
  return (
    <section class="card" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {lead === undefined ? null : <p>{lead}</p>}
      </header>
      {children}
    </section>
  );
}

export function Badge({ tone, children }: { tone: Tone; children: Child }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

/** Something to know. What is bad is read out at once. */
export function Notice({ tone, children }: { tone: Exclude<Tone, "calm">; children: Child }) {
  return (
    <div class={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      {children}
    </div>
  );
}

/** Says at the top of a page that its form was refused; what is wrong with a field stands beside the field too. */
export function FormProblem({ problem }: { problem: Problem | undefined }) {
  if (!problem) return null;
  const { refusal, fields } = problem;
  const [field = ""] = (refusal.field ?? "").split(".");
  const isBeside = fields[field] !== undefined;
  return (
    <Notice tone="bad">
      {FRAME.formProblem} {isBeside ? FRAME.seeFields : refusal.message}
    </Notice>
  );
}

/** In place of a list that has nothing. */
export function Empty({ title, children }: { title: string; children?: Child }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** @param next where the next page is; null: this is the last one */
export function Pager({ first, next }: { first: string | null; next: string | null }) {
  if (first === null && next === null) return null;
  return (
    <nav class="row" aria-label={FRAME.pager}>
      {first === null ? null : (
        <a class="button" href={first}>
          {FRAME.newer}
        </a>
      )}
      {next === null ? null : (
        <a class="button" rel="next" href={next}>
          {FRAME.older}
        </a>
      )}
    </nav>
  );
}

/** What a page loads that shows a `Secret`. */
export const SECRET_SCRIPTS = [COPY_SCRIPT];

/**
 * A text to be copied, with a button that does where scripts run. Browsers keep pages and what stands in their fields for who
 * goes back: they are told not to keep this, and where scripts run it goes with the page.
 */
export function Secret({ id, label, value }: { id: string; label: string; value: string }) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="secret">
        <input id={id} class="input" readonly autocomplete="off" value={value} />
        <button type="button" class="button" data-copy={id} data-copied={FRAME.copied} hidden>
          {FRAME.copy}
        </button>
      </div>
    </div>
  );
}

/** A form that is done once, however often it is sent: see `memberForm`, which its address must be. */
export function Form({ action, children, isInline }: { action: string; children: Child; isInline?: boolean }) {
  return (
    <form method="post" action={action} class={isInline ? "row" : "fields"}>
      <input type="hidden" name={FORM_ID} value={newSecret()} />
      {children}
    </form>
  );
}

/** A part of a page that is one form. @param children its fields */
export function FormCard(view: {
  id: string;
  title: string;
  lead: string;
  action: string;
  button: string;
  children?: Child;
}) {
  return (
    <Card id={view.id} title={view.title} lead={view.lead}>
      <Form action={view.action}>
        {view.children}
        <div>
          <button type="submit" class="button">
            {view.button}
          </button>
        </div>
      </Form>
    </Card>
  );
}

/** The hidden field that tells one sending of a form from the same form filled in again. */
export const FORM_ID = "form_id";

/** What cannot be taken back is asked for twice: the first button shows the second. @param details what it is about */
export function Confirm(view: {
  label: string;
  question: Child;
  details?: Child;
  action: string;
  confirm: string;
  children?: Child;
}) {
  return (
    <details class="confirm">
      <summary class="button danger">{view.label}</summary>
      <div>
        <p>{view.question}</p>
        {view.details}
        <Form action={view.action} isInline={true}>
          {view.children}
          <button type="submit" class="button danger">
            {view.confirm}
          </button>
        </Form>
      </div>
    </details>
  );
}
