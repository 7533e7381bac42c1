import { fetchAllLines } from './readme.ts';
import { setupFolders } from './setup-files.ts';
import type { SetupFile } from './setup-files.ts';

/** Pages for browsers of 1996: HTML 3.2, ASCII, nothing to load but text. */

const systems: Readonly<Record<string, string>> = {
  WIN9X: 'Windows 95, 98, Me, NT 4, 2000, XP',
  MSDOS: 'DOS, on any PC',
  'LINUX-I386': 'Linux on a PC, Pentium Pro or newer',
  'LINUX-X86_64': 'Linux on a PC with 64 bits',
  'LINUX-ARMEL': 'Linux on a Raspberry Pi and other ARMs, 32 bits',
  UNIX: 'any other Unix, without an agent',
};

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

function page(title: string, body: readonly string[]): string {
  return [
    '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">',
    `<HTML><HEAD><TITLE>${escape(title)}</TITLE></HEAD><BODY>`,
    `<H1>${escape(title)}</H1>`,
    ...body,
    '</BODY></HTML>',
    '',
  ].join('\r\n');
}

/** The first page: a link for each system. */
export function indexPage(files: readonly SetupFile[]): string {
  const links = setupFolders(files).map(
    (folder) => `<LI><A HREF="/${folder}/">${escape(systems[folder] ?? folder)}</A>`,
  );
  return page('fleet98: set up this machine', [
    '<P>Which system does this machine have?</P>',
    `<UL>${links.join('\r\n')}</UL>`,
    '<P><A HREF="/README.TXT">README.TXT</A>: the lines to type where there is no browser.</P>',
  ]);
}

/** A system's files, and what to type instead of a click. `address`: this host, as the browser reached it; `ftpPort`: the door's. */
export function folderPage(
  folder: string,
  files: readonly SetupFile[],
  address: string,
  ftpPort: number,
): string {
  const own = files.filter((file) => file.folder === folder);
  const rows = own.map(
    ({ name, bytes }) =>
      `<TR><TD><A HREF="/${folder}/${name}">${escape(name)}</A></TD><TD ALIGN=RIGHT>${bytes.length} bytes</TD></TR>`,
  );
  const joining = own.find(({ name }) => name.startsWith('JOIN.') && name !== 'JOIN.FTP');
  return page(`fleet98: ${systems[folder] ?? folder}`, [
    '<P>Save these files into a folder FLEET98 of this machine:</P>',
    `<TABLE BORDER=1>${rows.join('\r\n')}</TABLE>`,
    '<P>Or type there:</P>',
    `<PRE>${escape(fetchAllLines(address, ftpPort, folder).join('\r\n'))}</PRE>`,
    ...(joining
      ? [
          `<P>Then type <B>${joining.name.endsWith('.SH') ? 'sh JOIN.SH' : 'JOIN'}</B> there. A code comes on the screen, for the desk of the daemon.</P>`,
        ]
      : []),
    '<P>More is in <A HREF="/README.TXT">README.TXT</A>.</P>',
  ]);
}

export const refusalPage = (words: string): string =>
  page(words, ['<P><A HREF="/">To the first page</A></P>']);
