/** What the form and its previews have beside the one stylesheet of the console. */
export const COMPOSE_STYLE = `
.compose { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.5rem; align-items: start }
@media (min-width: 75rem) {
  .compose { grid-template-columns: minmax(0, 1fr) 22rem }
  .previews { position: sticky; top: 1rem; max-height: calc(100vh - 2rem); overflow-y: auto }
}
.compose textarea { resize: vertical; field-sizing: content; max-height: 60vh }
.compose [name=content] { min-height: 9rem }
.compose .small.button { min-height: 1.875rem; padding: 0 .625rem }
.found:empty { display: none }
.found, .summary { display: grid; gap: .25rem }
.summary { min-height: 1.5rem }
.caution { color: var(--warn); font-size: .875rem }
.fine { color: var(--ok); font-size: .875rem; font-weight: 550 }
@media (scripting: none) { .scripted, .counts { display: none } }
@media (scripting: enabled) { .unscripted { display: none } }
#draft { position: fixed; z-index: 4; right: 1rem; bottom: 1rem; max-width: calc(100vw - 2rem); box-shadow: 0 8px 24px rgb(0 0 0 / .2) }

.compose:has([data-platform]):not(:has([data-platform=instagram]:checked, li[data-platform=instagram])) :is([data-options=instagram], [data-counts=instagram]),
.compose:has([data-platform]):not(:has([data-platform=facebook]:checked, li[data-platform=facebook])) :is([data-options=facebook], [data-counts=facebook]),
.compose:not(:has([data-platform]:checked, li[data-platform])) .counts,
.compose:has([name=when][value=now]:checked) [data-when],
.compose:has([type=checkbox][name=approval]:not(:checked)) [data-approval] { display: none }

.accounts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); gap: .125rem 1rem }
.accounts .choice { align-items: center }
.accounts .choice input { margin: 0 }
.mark { flex: none }
.options > summary { display: flex; align-items: center; gap: .5rem; font-weight: 650; cursor: pointer }
.options > summary::before { content: ""; width: .4rem; height: .4rem; border: solid currentColor; border-width: 0 1.5px 1.5px 0; transform: rotate(-45deg) }
.options[open] > summary::before { transform: rotate(45deg) }
.card.options { display: block }
.options > :not(summary) { max-width: 34rem; margin-top: 1rem }

.media { display: grid; gap: .75rem; margin: 0; padding: 0; list-style: none }
.media:empty { display: none }
.medium { display: grid; grid-template-columns: 5.5rem minmax(0, 1fr); gap: .75rem; padding-bottom: .75rem; border-bottom: 1px solid var(--line) }
.medium .stack { gap: .375rem }
.thumbnail { width: 5.5rem; height: 5.5rem; border-radius: .375rem; background: var(--calm-soft); object-fit: cover }
.drop, .drop .field { grid-template-columns: minmax(0, 1fr) }
.drop { display: grid; gap: .75rem; padding: 1rem; border: 1.5px dashed var(--edge); border-radius: .5rem }
.drop.over { border-color: var(--accent); background: var(--accent-soft) }
@media (max-width: 30rem) { .medium { grid-template-columns: 4rem minmax(0, 1fr) } .thumbnail { width: 4rem; height: 4rem } }
.drop ul:empty { display: none }
.drop input { max-width: 100% }
.upload { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem }
.upload span { flex: 1 1 12rem }
.upload progress { flex: 1 1 8rem; min-width: 0; height: .625rem; accent-color: var(--accent) }

.previews { display: grid; grid-template-columns: minmax(0, 1fr); gap: .75rem }
.preview { display: grid; grid-template-columns: minmax(0, 1fr); max-width: 22rem; border: 1px solid var(--line); border-radius: .625rem; background: var(--paper); overflow: hidden }
.preview > header { display: flex; align-items: center; gap: .5rem; padding: .625rem .75rem }
.preview > header strong { font-size: .875rem }
.preview .mark { width: 1.75rem; height: 1.75rem; padding: .25rem; border: 1px solid var(--line); border-radius: 50% }
.preview .said { padding: .5rem .75rem; white-space: pre-wrap; font-size: .875rem }
.preview .comment, .preview .link { display: grid; padding: .5rem .75rem; border-top: 1px solid var(--line); white-space: pre-wrap; font-size: .875rem }
.preview .link { background: var(--ground) }
.preview .nothing { display: grid; place-items: center; aspect-ratio: 1; background: var(--ground); font-size: .875rem }
.pictures { position: relative; display: grid; gap: 2px; background: var(--ground) }
.pictures :is(img, video) { display: block; width: 100%; height: auto; max-height: 30rem; object-fit: cover }
.instagram .pictures :is(img, video) { max-height: 27.5rem }
.of-2, .of-4 { grid-template-columns: 1fr 1fr }
.of-3 { grid-template-columns: 1fr 1fr }
:is(.of-2, .of-3, .of-4) :is(img, video) { height: 100%; aspect-ratio: 1 }
.of-3 :first-child { grid-column: 1 / -1; aspect-ratio: 2 }
:is(.story, .reel) .pictures :is(img, video), :is(.story, .reel) .nothing { max-height: none; aspect-ratio: 9 / 16 }
.story .pictures :is(img, video) { object-fit: contain }
.pictures .count { position: absolute; top: .5rem; right: .5rem; padding: 0 .5rem; border-radius: 1rem; background: rgb(0 0 0 / .7); color: #fff; font-size: .8125rem }
`;
