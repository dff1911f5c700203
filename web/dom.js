import { showHidden } from './vendor/text.js';

/** The element of index.html with this id. */
export const byId = (id) => document.getElementById(id);

/**
 * Creates an element. Data from servers and users becomes text or a property, never markup, and hides nothing. A `pre`
 * gets the text of {@link json}.
 * @param {string} tag
 * @param {Record<string, unknown>} [properties] set as attributes where the element has no such property
 * @param {...(Node | string | undefined | false)} children
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name in element) element[name] = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  const shown = children.filter((child) => child !== undefined && child !== false);
  element.append(
    ...shown.map((child) => (typeof child === 'string' && tag !== 'pre' ? showHidden(child) : child)),
  );
  return element;
}

export const chip = (text, kind = '') => h('li', { className: `chip ${kind}` }, text);

export const chips = (texts, label, kind) =>
  texts.length
    ? h('ul', { className: 'chips', 'aria-label': label }, ...texts.map((text) => chip(text, kind)))
    : h('p', { className: 'quiet' }, 'none');

/** Text in which `code` stands between backticks, as nodes. */
export const withCode = (text) => text.split('`').map((part, i) => (i % 2 ? h('code', {}, part) : part));

/** Rows of a description list; entries without a value are left out. */
export const rows = (entries) =>
  entries
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)));

export const json = (value) =>
  JSON.stringify(value, (_name, inner) => (typeof inner === 'string' ? showHidden(inner) : inner), 2);
