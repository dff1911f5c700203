import { readFileSync, writeFileSync } from 'node:fs';
import { declaredParams } from 'firebase-functions/params';
import * as z from 'zod';
import type { AccessRule } from '../src/authz/access-rule.ts';
import { ALL_PERMISSIONS, PERMISSIONS } from '../src/authz/permissions.ts';
import { ALL_ROLES, ROLES } from '../src/authz/roles.ts';
import { ALL_ERROR_CODES, ERRORS } from '../src/core/errors.ts';
import { DESCRIPTIONS } from '../src/meta/error-pages.ts';
import { modules } from '../src/modules.ts';
import {
  fieldsIn,
  type Operation,
  pathParameters,
  pathTemplate,
  takesIfMatch,
} from '../src/pipeline/operation.ts';
import type { JsonSchema } from './json-schema.ts';
import { lifetimeRows } from './lifetimes.ts';
import { signInText } from './openapi-document.ts';
import '../src/config.ts';

/**
 * Writes the generated parts of docs/reference: `npm --prefix functions run docs`. Each part stands between
 * `<!-- generated:name -->` and `<!-- /generated:name -->`; the text around it is written by hand.
 */

const REFERENCE = new URL('../../docs/reference/', import.meta.url);

/** The pages with generated parts, and the function that writes each part. */
const PAGES: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  'http-api.md': { overview: describeOverview, operations: describeOperations, objects: describeObjects },
  'callables.md': { callables: describeCallables },
  'permissions-and-roles.md': { permissions: describePermissions, roles: describeRoles },
  'configuration.md': { parameters: describeParameters },
  'errors.md': { errors: describeErrors },
  'lifetimes.md': { lifetimes: describeLifetimes },
};

interface ReferencePage {
  readonly file: URL;
  readonly current: string;
  readonly generated: string;
}

export function referencePages(): ReferencePage[] {
  return Object.entries(PAGES).map(([name, parts]) => {
    const file = new URL(name, REFERENCE);
    const current = readFileSync(file, 'utf8');
    const generated = Object.entries(parts).reduce(
      (text, [part, describe]) => replacePart(text, part, describe()),
      current,
    );
    return { file, current, generated };
  });
}

function replacePart(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- generated:${name} -->`, `<!-- /generated:${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`no part "${name}" between ${begin} and ${end}`);
  return `${page.slice(0, from)}${begin}\n\n${text}\n\n${page.slice(to)}`;
}

/** A Markdown table; a line break or a bar in a cell would end it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const code = (text: string) => `\`${text}\``;
const routeOf = (one: Operation) => code(`${one.http.method.toUpperCase()} ${pathTemplate(one)}`);

function ruleText(rule: AccessRule): string {
  if (rule === 'public') return 'public';
  if (rule === 'signed-in' || rule.signedIn === true) return signInText(rule);
  const { permission } = rule;
  const others = rule.unless === undefined ? '' : `; those of other users: ${code(rule.unless)}`;
  return `${code(permission)}${rule.own ? `, own resources${others}` : ''}`;
}

function describeLifetimes(): string {
  return table(['what', 'lives', 'ends earlier by', 'setting'], lifetimeRows());
}

function describeOverview(): string {
  const rows = modules.operations.map((one) => [
    `[${routeOf(one)}](#${one.name.toLowerCase()})`,
    ruleText(one.access),
    one.summary,
  ]);
  return table(['operation', 'access', 'what'], rows);
}

function describeOperations(): string {
  return modules.operations.map(describeOperation).join('\n\n');
}

function describeOperation(one: Operation): string {
  const notes = [
    ...(one.callable ? [`Also the callable ${code(one.name)}.`] : []),
    ...(one.etag ? ['The response has an `ETag`.'] : []),
    ...(takesIfMatch(one) ? ['`If-Match` replaces `version`.'] : []),
    ...(one.oauth ? ['Accepts a form as well as JSON.'] : []),
  ];
  const fields = inputFields(one);
  return [
    `### ${one.name}`,
    `${routeOf(one)} · ${ruleText(one.access)}`,
    [one.summary, ...notes].join(' '),
    ...(fields.length === 0 ? [] : [table(['field', 'in', 'type', 'what'], fields)]),
    `Response: ${responseOf(one)}.`,
  ].join('\n\n');
}

function inputFields({ http, input }: Operation): string[][] {
  const { properties = {}, required = [] } = toJson(input, 'input');
  // `not` is the JSON Schema of a field that is refused.
  const accepted = Object.entries(properties).filter(([, schema]) => schema.not === undefined);
  return accepted.map(([name, schema]) => {
    const isInPath = pathParameters(http).includes(name);
    const optional = isInPath || required.includes(name) ? '' : ', optional';
    return [
      code(name),
      isInPath ? 'path' : fieldsIn(http),
      `${typeOf(schema)}${optional}`,
      schema.description ?? '',
    ];
  });
}

function responseOf({ output, created, stream }: Operation): string {
  if (output === null) return '204, no content';
  const id = idOf(output);
  const what = id === undefined ? typeOf(toJson(output, 'output')) : linkTo(id);
  if (stream) return `200, \`application/x-ndjson\`, each line ${what}`;
  const existing = created?.existed ? ' (200 if it existed)' : '';
  const status = created ? `201 with \`Location\`${existing}` : '200';
  return `${status}, ${what}`;
}

function toJson(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  // zod's own type also allows booleans, which it never writes.
  return z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema;
}

const idOf = (schema: z.ZodType): string | undefined => z.globalRegistry.get(schema)?.id;
const linkTo = (id: string) => `[${id}](#${id.toLowerCase()})`;

function typeOf(schema: JsonSchema): string {
  const { $ref, type, items, anyOf, format, properties } = schema;
  if ($ref !== undefined) return linkTo($ref.split('/').at(-1) ?? '');
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(' or ');
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' or ');
  if (type === 'array' && items !== undefined) return `list of ${typeOf(items)}`;
  if (type === 'object' && properties !== undefined) {
    const fields = Object.entries(properties).map(([name, field]) => `${code(name)}: ${typeOf(field)}`);
    return `object with ${fields.join(', ')}`;
  }
  return [format ?? type ?? 'any', ...boundsOf(schema)].join(', ');
}

function boundsOf({ minimum, maximum, minLength, maxLength, default: preset }: JsonSchema): string[] {
  const isBounded = (value: number | undefined) => value !== undefined && Math.abs(value) < 2 ** 53 - 1;
  const numbers = isBounded(minimum) && isBounded(maximum) ? [`${minimum} to ${maximum}`] : [];
  const lengths =
    maxLength === undefined
      ? []
      : [`${minLength === undefined ? 'at most ' : `${minLength} to `}${maxLength} characters`];
  return [
    ...numbers,
    ...lengths,
    ...(preset === undefined ? [] : [`default ${code(JSON.stringify(preset))}`]),
  ];
}

/** Every named object of the inputs and outputs, each once, by name. */
function namedObjects(): [string, JsonSchema][] {
  const found = new Map<string, JsonSchema>();
  const add = (schema: z.ZodType, io: 'input' | 'output') => {
    const { $defs = {} } = toJson(schema, io);
    for (const [name, definition] of Object.entries($defs)) if (!found.has(name)) found.set(name, definition);
  };
  for (const { input, output } of modules.operations) {
    if (output !== null) add(output, 'output');
    add(input, 'input');
  }
  return [...found].toSorted(([a], [b]) => a.localeCompare(b));
}

function describeObjects(): string {
  return namedObjects()
    .map(([id, schema]) => {
      const { properties, required = [], description } = schema;
      const rows = Object.entries(properties ?? {}).map(([name, field]) => [
        code(name),
        `${typeOf(field)}${required.includes(name) ? '' : ', optional'}`,
        field.description ?? '',
      ]);
      const body = properties === undefined ? `${typeOf(schema)}.` : table(['field', 'type', 'what'], rows);
      return [`### ${id}`, ...(description === undefined ? [] : [description]), body].join('\n\n');
    })
    .join('\n\n');
}

function describeCallables(): string {
  const rows = modules.operations
    .filter(({ callable }) => callable)
    .map((one) => [
      code(one.name),
      ruleText(one.access),
      one.summary,
      `[${routeOf(one)}](http-api.md#${one.name.toLowerCase()})`,
    ]);
  return table(['callable', 'access', 'what', 'input and response'], rows);
}

function describePermissions(): string {
  const rows = ALL_PERMISSIONS.map((name) => {
    const { summary, privileged } = PERMISSIONS[name];
    return [code(name), summary, privileged ? 'yes' : ''];
  });
  return table(['permission', 'what', 'privileged'], rows);
}

/** Which role has which permission. */
function describeRoles(): string {
  const has = (role: (typeof ALL_ROLES)[number], permission: (typeof ALL_PERMISSIONS)[number]) =>
    new Set<string>(ROLES[role]).has(permission);
  const rows = ALL_PERMISSIONS.map((permission) => [
    code(permission),
    ...ALL_ROLES.map((role) => (has(role, permission) ? '✓' : '')),
  ]);
  return table(['', ...ALL_ROLES.map(code)], rows);
}

function describeErrors(): string {
  const rows = ALL_ERROR_CODES.map((name) => {
    const { status, callable } = ERRORS[name];
    return [code(name), String(status), callable, DESCRIPTIONS[name]];
  });
  return table(['code', 'HTTP', 'callable', 'what happened, what to do'], rows);
}

function describeParameters(): string {
  const rows = declaredParams.map((param) => {
    const { description = '', default: preset } = optionsOf(param);
    const value = preset === undefined || preset === '' ? 'none' : code(String(preset));
    return [code(param.name), value, description];
  });
  return table(['parameter', 'default', 'what'], rows);
}

/** The options of a parameter; a secret has none. */
function optionsOf(param: (typeof declaredParams)[number]): { description?: string; default?: unknown } {
  return 'options' in param ? (param.options as { description?: string; default?: unknown }) : {};
}

if (import.meta.main) {
  for (const { file, generated } of referencePages()) writeFileSync(file, generated);
}
