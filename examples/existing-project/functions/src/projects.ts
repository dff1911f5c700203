const names = ['Lighthouse', 'Harbour'];

const view = (id: number) => ({ id, name: names[id] ?? '' });

export const listProjects = () => names.map((_name, id) => view(id));

export const addProject = (name: string) => view(names.push(name) - 1);

export function renameProject(id: number, name: string) {
  names[id] = name;
  return view(id);
}
