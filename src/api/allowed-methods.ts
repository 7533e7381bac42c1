import { routes } from '../contract/routes.ts';

interface Row {
  readonly method: string;
  readonly path: string;
  readonly matches: RegExp;
}

const rows: readonly Row[] = Object.values(routes).map(({ method, path }) => ({
  method,
  path,
  matches: new RegExp(`^${path.replaceAll(/:[A-Za-z0-9]+/g, '[^/]+')}$`),
}));

type HasRoute = (route: { method: string; url: string }) => boolean;

/** The methods that an address takes; none when there is nothing at it. `hasRoute` tells which GETs are HEADs too. */
export function allowedMethods(url: string, hasRoute: HasRoute): string[] {
  const [address = ''] = url.split('?');
  const there = rows.filter(({ matches }) => matches.test(address));
  const heads = there
    .filter(({ method, path }) => method === 'GET' && hasRoute({ method: 'HEAD', url: path }))
    .map(() => 'HEAD');
  return [...there.map(({ method }) => method), ...heads];
}
