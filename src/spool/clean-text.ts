/** Controls, and the marks that turn the direction of text or hide in it. */
// oxlint-disable-next-line no-control-regex
const unsafe = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

/** A machine's words made safe to show: no control characters, at most `maxLength` UTF-16 units. */
export function cleanText(text: string, maxLength: number): string {
  const cut = text.slice(0, maxLength).replace(unsafe, '\uFFFD');
  const last = cut.charCodeAt(cut.length - 1);
  return last >= 0xd800 && last <= 0xdbff ? cut.slice(0, -1) : cut;
}
