import type { FastifyReply } from 'fastify';

const encoded = (name: string): string =>
  encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** Marks an answer as a file to save: bytes from a machine or a person must never run in a browser. */
export function asDownload(reply: FastifyReply, mediaType: string, filename: string): FastifyReply {
  const plain = filename.replaceAll(/[^A-Za-z0-9._-]/g, '_');
  return reply
    .type(mediaType)
    .header('content-disposition', `attachment; filename="${plain}"; filename*=UTF-8''${encoded(filename)}`)
    .header('content-security-policy', "sandbox; default-src 'none'");
}
