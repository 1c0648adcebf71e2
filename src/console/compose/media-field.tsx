import type { MediaRow } from "../../db/media.ts";
import { isVideo } from "../../platforms/platform.ts";
import type { Member } from "../access/member.ts";
import { Card } from "../frame/components.tsx";
import { altField } from "./body.ts";
import type { Sheet } from "./entry.tsx";
import { TextEntry } from "./entry.tsx";
import { foundAt } from "./findings.ts";
import { Slot, slotId } from "./found.tsx";
import { COMPOSE } from "./strings.ts";

const WORDS = COMPOSE.media;

interface MediaView {
  member: Member;
  sheet: Sheet;
  media: readonly MediaRow[];
}

/** Pictures and videos, in order. Scripts upload files at once and show how far they are; without them a button does. */
export function MediaField({ member, sheet, media }: MediaView) {
  const { fields, found } = sheet;
  const isBad = foundAt(found, fields, "media").some(({ tone }) => tone === "bad");
  return (
    <Card id="media-title" title={WORDS.title}>
      <ol class="plain media" id="media-list" aria-label={WORDS.title}>
        {(fields.media ?? []).map((id) => (
          <MediaItem member={member} sheet={sheet} id={id} row={media.find((each) => each.id === id)} />
        ))}
      </ol>
      <p class="visually-hidden" role="status" id="media-said" />
      {member.may("media:write") ? (
        <div class="drop" id="drop">
          <ul class="plain stack" id="uploads" />
          <div class="field">
            <label for="files">{WORDS.files}</label>
            <span class="hint" id="files-hint">
              <span class="scripted">
                {WORDS.drop} {WORDS.hint}
              </span>
              <span class="unscripted">{WORDS.plainHint}</span>
            </span>
            <div class="row">
              <input
                id="files"
                name="files"
                type="file"
                multiple
                accept="image/*,video/mp4,video/quicktime"
                aria-describedby={`files-hint ${slotId("media")}`}
                {...(isBad && { "aria-invalid": "true" })}
              />
              <button type="submit" class="button unscripted" name="do" value="add">
                {WORDS.add}
              </button>
            </div>
          </div>
        </div>
      ) : null}
      <Slot place="media" found={found} fields={fields} />
    </Card>
  );
}

/** @param row undefined: it is gone */
export function MediaItem(view: { member: Member; sheet: Sheet; id: string; row: MediaRow | undefined }) {
  const { member, sheet, id, row } = view;
  const what = row && isVideo(row) ? WORDS.video : WORDS.image;
  return (
    <li class="medium" data-media={id}>
      <input type="hidden" name="media" value={id} />
      {row ? <Thumbnail member={member} row={row} /> : <span class="thumbnail" />}
      <div class="stack">
        <p class="small soft">{row ? `${what}, ${row.width} × ${row.height}, ${sizeOf(row.bytes)}` : WORDS.gone}</p>
        {row && !isVideo(row) ? (
          <TextEntry sheet={sheet} name={altField(id)} label={WORDS.alt} isOptional={true} rows={1} />
        ) : null}
        <Slot place={id} found={sheet.found} fields={sheet.fields} />
        <div class="row">
          <ItemButton what={what} step={`up.${id}`} label={WORDS.upButton} name={WORDS.up} />
          <ItemButton what={what} step={`down.${id}`} label={WORDS.downButton} name={WORDS.down} />
          <ItemButton what={what} step={`remove.${id}`} label={WORDS.removeButton} name={WORDS.remove} />
        </div>
      </div>
    </li>
  );
}

function ItemButton(view: { what: string; step: string; label: string; name: (what: string) => string }) {
  return (
    <button
      type="submit"
      class="button small"
      name="do"
      value={view.step}
      aria-label={view.name(view.what.toLowerCase())}
    >
      {view.label}
    </button>
  );
}

const THUMBNAIL = { class: "thumbnail", width: 88, height: 88 };

function Thumbnail({ member, row }: { member: Member; row: MediaRow }) {
  const src = member.at(`media/${row.id}`);
  if (!isVideo(row)) return <img {...THUMBNAIL} src={src} alt="" />;
  return <video {...THUMBNAIL} src={src} preload="metadata" muted playsinline />;
}

function sizeOf(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
