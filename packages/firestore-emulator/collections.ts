/** The document names of each collection. A collection is identified by its full path, e.g. `…/documents/users`. */
export class Collections {
  readonly #names = new Map<string, Set<string>>();
  readonly #pathsById = new Map<string, Set<string>>();

  add(name: string): void {
    const path = collectionOf(name);
    const names = this.#names.get(path);
    if (names) {
      names.add(name);
      return;
    }
    this.#names.set(path, new Set([name]));
    const id = lastSegment(path);
    const paths = this.#pathsById.get(id);
    if (paths) paths.add(path);
    else this.#pathsById.set(id, new Set([path]));
  }

  remove(name: string): void {
    const path = collectionOf(name);
    const names = this.#names.get(path);
    names?.delete(name);
    if (names?.size !== 0) return;
    this.#names.delete(path);
    const id = lastSegment(path);
    const paths = this.#pathsById.get(id);
    paths?.delete(path);
    if (paths?.size === 0) this.#pathsById.delete(id);
  }

  clear(): void {
    this.#names.clear();
    this.#pathsById.clear();
  }

  namesIn(path: string): Iterable<string> {
    return this.#names.get(path) ?? [];
  }

  /** The paths of all collections with this id, or of all collections. */
  paths(id?: string): Iterable<string> {
    return id === undefined ? this.#names.keys() : (this.#pathsById.get(id) ?? []);
  }
}

export const collectionOf = (name: string) => name.slice(0, name.lastIndexOf('/'));

const lastSegment = (path: string) => path.slice(path.lastIndexOf('/') + 1);
