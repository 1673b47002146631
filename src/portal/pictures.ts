import { html } from './html.ts'

/*
 * Drawings beside the steps. The text says the same, so screen readers pass them by; colours come from the stylesheet.
 * They stand in the page: the content security policy permits no styles inside files of pictures.
 */

/** A mail whose attachment is saved. */
export const savePicture = html`<svg class="picture" viewBox="12 8 136 94" aria-hidden="true" focusable="false">
<rect class="paper" x="14" y="10" width="132" height="90" rx="6"/>
<path class="line" d="M14 34h132M26 22h42M26 48h88M26 58h64"/>
<rect class="accent-fill" x="26" y="70" width="78" height="20" rx="4"/>
<text class="label" x="65" y="84" text-anchor="middle">Message.pdf</text>
<path class="accent" d="M126 62v24m-9-9 9 9 9-9M114 92h24"/>
</svg>`

/** A document in the window of a PDF reader. */
export const openPicture = html`<svg class="picture" viewBox="12 8 136 94" aria-hidden="true" focusable="false">
<rect class="paper" x="14" y="10" width="132" height="90" rx="6"/>
<path class="line" d="M14 28h132"/>
<circle class="dot" cx="25" cy="19" r="2.5"/><circle class="dot" cx="34" cy="19" r="2.5"/><circle class="dot" cx="43" cy="19" r="2.5"/>
<path class="page" d="M56 36h34l14 14v42H56z"/><path class="accent" d="M90 36v14h14"/>
<text class="label strong" x="80" y="78" text-anchor="middle">PDF</text>
</svg>`

/** The question for the password. */
export const passwordPicture = html`<svg class="picture" viewBox="12 8 136 94" aria-hidden="true" focusable="false">
<rect class="paper" x="14" y="10" width="132" height="90" rx="6"/>
<rect class="accent-fill" x="70" y="32" width="20" height="16" rx="3"/><path class="accent" d="M74 32v-5a6 6 0 0 1 12 0v5"/>
<rect class="page" x="32" y="60" width="96" height="20" rx="4"/>
<circle class="dot" cx="44" cy="70" r="3"/><circle class="dot" cx="55" cy="70" r="3"/><circle class="dot" cx="66" cy="70" r="3"/>
<circle class="dot" cx="77" cy="70" r="3"/><circle class="dot" cx="88" cy="70" r="3"/><path class="accent" d="M97 64v12"/>
</svg>`

/** The list of files beside the first page, under the paper clip. */
export const attachmentsPicture = html`<svg class="picture" viewBox="12 8 136 94" aria-hidden="true" focusable="false">
<rect class="paper" x="14" y="10" width="132" height="90" rx="6"/>
<path class="line" d="M70 10v90"/>
<path class="accent" d="M34 34V22a6 6 0 0 1 12 0v15a4 4 0 0 1-8 0V24"/>
<rect class="accent-fill" x="22" y="54" width="40" height="8" rx="2"/><rect class="accent-fill" x="22" y="68" width="32" height="8" rx="2"/>
<rect class="accent-fill" x="22" y="82" width="36" height="8" rx="2"/>
<path class="page" d="M84 22h48v66H84z"/><path class="line" d="M92 34h32M92 44h32M92 54h24M92 64h32M92 74h16"/>
</svg>`

/** A seal with a tick: a signature that has been checked. */
export const sealPicture = html`<svg class="picture small" viewBox="21 10 68 92" aria-hidden="true" focusable="false">
<path class="accent" d="m38 68-9 32 26-13 26 13-9-32"/>
<circle class="paper" cx="55" cy="44" r="32"/><circle class="accent" cx="55" cy="44" r="24"/>
<path class="accent" d="m44 45 8 8 15-17"/>
</svg>`
