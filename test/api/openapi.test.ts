import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../src/contract/routes.ts';
import { openTestApi, type TestApi } from './support.ts';

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: object;
  }[];
  readonly requestBody?: { readonly content: Record<string, { schema: unknown }> };
  readonly responses: Record<
    string,
    { readonly description: string; readonly content?: Record<string, unknown> }
  >;
}
interface Document {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Record<string, Record<string, Operation>>;
}

let api: TestApi;
let document: Document;
beforeAll(async () => {
  api = await openTestApi();
  document = (await api.app.inject('/docs/json')).json();
});
afterAll(() => api.close());

const operations = (): { path: string; method: string; operation: Operation }[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

describe('the OpenAPI document', () => {
  test('is of version 3.1 and has every route of the table and no other', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'fleet98' } });
    const described = operations().map(({ path, method, operation }) => [
      operation.operationId,
      method.toUpperCase(),
      path,
    ]);
    const table = Object.entries(routes).map(([name, { method, path }]) => [
      name,
      method,
      path.replaceAll(/:(\w+)/g, '{$1}'),
    ]);
    expect(new Set(described)).toEqual(new Set(table));
    expect(described).toHaveLength(table.length);
  });

  test('says of each operation what it is, what it takes, what it answers and how it fails', () => {
    for (const { path, operation } of operations()) {
      expect(operation.summary).toMatch(/\w/);
      expect(operation.tags).toHaveLength(1);
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
      expect(inPath.every(({ required }) => required === true)).toBe(true);
      expect(Object.keys(operation.responses).some((status) => /^2\d\d$/.test(status))).toBe(true);
      for (const status of ['4XX', '5XX']) {
        expect(Object.keys(operation.responses[status]?.content ?? {})).toEqual(['application/problem+json']);
      }
      for (const response of Object.values(operation.responses)) expect(response.description).not.toBe('');
    }
  });

  test('has no reference that leads nowhere', () => {
    expect(JSON.stringify(document)).not.toContain('$ref');
  });

  test('lets no request have an unknown field and no text be endless', () => {
    const problems: string[] = [];
    const walk = (at: string, schema: unknown): void => {
      if (typeof schema !== 'object' || schema === null) return;
      const rule: Record<string, unknown> = { ...schema };
      const isMap = typeof rule['additionalProperties'] === 'object' && rule['maxProperties'] !== undefined;
      const isStrict = rule['additionalProperties'] === false || rule['oneOf'] !== undefined || isMap;
      if (rule['type'] === 'object' && !isStrict) problems.push(`${at} may have any field`);
      if (rule['type'] === 'string' && rule['enum'] === undefined && rule['const'] === undefined) {
        const bounded = rule['maxLength'] !== undefined || /[}$]\)?\??\$?$/.test(String(rule['pattern']));
        if (!bounded) problems.push(`${at} may be endless`);
      }
      if (rule['type'] === 'array' && rule['maxItems'] === undefined) problems.push(`${at} may be endless`);
      for (const [key, value] of Object.entries(rule)) walk(`${at}.${key}`, value);
    };
    for (const { operation } of operations()) {
      const { operationId, requestBody, parameters = [] } = operation;
      walk(`${operationId} body`, requestBody?.content['application/json']?.schema);
      for (const { name, schema } of parameters) walk(`${operationId} ${name}`, schema);
    }
    expect(problems).toEqual([]);
  });

  test('says that an upload is raw bytes', () => {
    const put = document.paths['/api/v1/artifacts/{filename}']?.['put'];
    expect(Object.keys(put?.requestBody?.content ?? {})).toEqual(['application/octet-stream']);
  });
});

describe('the API pages', () => {
  test('are there, and run no script that is not theirs', async () => {
    const page = await api.app.inject('/docs/');
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.headers['content-security-policy']).toContain("default-src 'self'");
    expect(page.body).not.toMatch(/<script(?![^>]*src=)/);
    expect(page.body).not.toMatch(/(src|href)="https?:/);
    expect((await api.app.inject('/docs/static/swagger-ui.css')).statusCode).toBe(200);
    expect((await api.app.inject('/docs/static/../../package.json')).statusCode).toBe(404);
  });
});

describe('health', () => {
  test('says ok while the store answers, and unavailable when it does not', async () => {
    const own = await openTestApi();
    for (const url of ['/healthz', '/readyz'])
      expect((await own.app.inject(url)).json()).toMatchObject({ status: 'ok' });
    await own.store.close();
    const answer = await own.app.inject('/readyz');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({
      status: 'unavailable',
      code: 'STORE_UNWRITABLE',
      detail: 'the database does not answer',
    });
    expect((await own.app.inject('/healthz')).statusCode).toBe(200);
    await own.close();
  });
});
