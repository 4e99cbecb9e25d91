/**
 * Draws a poster for a film from its genres and its id alone: the same film always gets the same picture, and nothing
 * is downloaded. The title is the page's text, not part of the picture.
 */
import { coloursOf, tellingGenres } from "./genre-palette.ts";
import type { Film } from "./film.ts";

const WIDTH = 200;
const HEIGHT = 300;

/** Gives numbers in [0, 1), always the same ones for the same film. */
type Chance = () => number;
/** SVG markup of what stands between sky and ground. */
type Motif = (chance: Chance, ink: string) => string;

/** Gradients are found by id in the whole document, and one film may be on the page twice. */
let drawn = 0;

/** An SVG picture, hidden from screen readers. */
export function drawPoster(film: Film): SVGSVGElement {
  const [first, second = first] = tellingGenres(film.categories);
  const { sky, ink } = coloursOf(first);
  const { ground } = coloursOf(second);
  const chance = chanceOf(film.id);
  const gradient = `poster-${++drawn}`;
  const turn = Math.round(20 + chance() * 50);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "xMidYMid slice");
  svg.setAttribute("aria-hidden", "true");
  svg.innerHTML =
    `<defs><linearGradient id="${gradient}" gradientTransform="rotate(${turn})">` +
    `<stop offset="0" stop-color="${sky}"/><stop offset="1" stop-color="${ground}"/></linearGradient></defs>` +
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="url(#${gradient})"/>` +
    (MOTIFS[first ?? ""] ?? arcs)(chance, ink);
  return svg;
}

const circle = (x: number, y: number, r: number, style: string) =>
  `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${r.toFixed(1)}" ${style}/>`;
const path = (d: string, style: string) => `<path d="${d}" ${style}/>`;
const between = (chance: Chance, low: number, high: number) => low + chance() * (high - low);
const times = (n: number, draw: (i: number) => string) => Array.from({ length: n }, (_, i) => draw(i)).join("");

const hearts: Motif = (chance, ink) => {
  const x = between(chance, 50, 150);
  const y = between(chance, 80, 140);
  const turn = between(chance, 0, 2 * Math.PI);
  const apart = between(chance, 30, 60);
  return (
    circle(x, y, between(chance, 40, 66), `fill="${ink}" opacity=".55"`) +
    circle(x + apart * Math.cos(turn), y + apart * Math.sin(turn), between(chance, 30, 56), 'fill="#fff" opacity=".3"')
  );
};

const fangs: Motif = (chance, ink) => {
  const teeth = 5 + Math.floor(chance() * 4);
  const step = WIDTH / teeth;
  const points = Array.from({ length: teeth }, (_, i) => {
    const tip = between(chance, 120, 235);
    return `L${(i * step).toFixed(1)} ${between(chance, 20, 70).toFixed(1)} L${((i + 0.5) * step).toFixed(1)} ${tip.toFixed(1)}`;
  });
  return (
    circle(between(chance, 50, 150), between(chance, 120, 170), between(chance, 26, 44), `fill="${ink}" opacity=".9"`) +
    path(`M0 0 ${points.join(" ")} L${WIDTH} 40 L${WIDTH} 0 Z`, 'fill="#0b0407" opacity=".85"')
  );
};

const orbits: Motif = (chance, ink) => {
  const x = between(chance, 50, 150);
  const y = between(chance, 90, 150);
  const rings = times(4, (i) =>
    circle(x, y, 28 + i * between(chance, 20, 30), `fill="none" stroke="${ink}" opacity="${0.75 - i * 0.15}"`),
  );
  const stars = times(26, () =>
    circle(chance() * WIDTH, chance() * 210, between(chance, 0.5, 1.5), 'fill="#fff" opacity=".8"'),
  );
  return stars + rings + circle(x, y, between(chance, 12, 22), `fill="${ink}"`);
};

const balloons: Motif = (chance, ink) =>
  times(7, (i) =>
    circle(
      between(chance, 10, 190),
      between(chance, 20, 210),
      between(chance, 14, 46),
      `fill="${["#fff", ink, "#ff6f61", "#7be0c3"][i % 4]}" opacity="${between(chance, 0.35, 0.85).toFixed(2)}"`,
    ),
  );

const blinds: Motif = (chance, ink) => {
  const tilt = Math.round(between(chance, -18, 18));
  const light = circle(between(chance, 60, 140), between(chance, 80, 140), between(chance, 50, 72), `fill="${ink}"`);
  const slats = times(13, (i) => `<rect x="-60" y="${i * 18 - 10}" width="340" height="10" fill="#07080b"/>`);
  return `<g opacity=".85">${light}<g transform="rotate(${tilt} 100 110)" opacity=".8">${slats}</g></g>`;
};

const mountains: Motif = (chance, ink) => {
  const sun = circle(between(chance, 40, 160), between(chance, 60, 110), between(chance, 24, 40), `fill="${ink}"`);
  const ridges = times(3, (i) => {
    const base = 130 + i * 34;
    const peaks = Array.from({ length: 5 }, (_, n) => `L${n * 50} ${(base + between(chance, -34, 20)).toFixed(1)}`);
    return path(`M0 300 ${peaks.join(" ")} L200 300 Z`, `fill="#0b0d12" opacity="${0.25 + i * 0.17}"`);
  });
  return sun + ridges;
};

const confetti: Motif = (chance, ink) =>
  times(22, (i) => {
    const x = chance() * WIDTH;
    const y = chance() * 215;
    const turn = Math.round(chance() * 180);
    return `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="22" height="7" rx="3.5" fill="${i % 3 ? ink : "#fff"}" opacity="${between(chance, 0.4, 0.95).toFixed(2)}" transform="rotate(${turn} ${x.toFixed(1)} ${y.toFixed(1)})"/>`;
  });

const grid: Motif = (chance, ink) =>
  times(24, (i) => {
    const size = 34;
    const x = 16 + (i % 4) * 44;
    const y = 16 + Math.floor(i / 4) * 44;
    return `<rect x="${x}" y="${y}" width="${size}" height="${size}" rx="3" fill="${ink}" opacity="${(chance() ** 2 * 0.9).toFixed(2)}"/>`;
  });

const bars: Motif = (chance, ink) =>
  times(11, (i) => {
    const height = between(chance, 24, 170);
    return `<rect x="${12 + i * 16.5}" y="${(120 - height / 2).toFixed(1)}" width="9" height="${height.toFixed(1)}" rx="4.5" fill="${ink}" opacity="${between(chance, 0.5, 0.95).toFixed(2)}"/>`;
  });

const arcs: Motif = (chance, ink) => {
  const x = between(chance, -10, 70);
  const y = between(chance, 40, 120);
  return (
    circle(x + 80, y + 30, between(chance, 44, 70), `fill="${ink}" opacity=".22"`) +
    times(5, (i) =>
      circle(x, y, 50 + i * 30, `fill="none" stroke="${ink}" stroke-width="9" opacity="${0.5 - i * 0.08}"`),
    )
  );
};

const MOTIFS: Readonly<Record<string, Motif>> = {
  Romance: hearts,
  Horror: fangs,
  "Sci-Fi": orbits,
  Fantasy: orbits,
  Animation: balloons,
  Children: balloons,
  Crime: blinds,
  "Film-Noir": blinds,
  Thriller: blinds,
  Mystery: blinds,
  Western: mountains,
  Adventure: mountains,
  War: mountains,
  Action: mountains,
  Comedy: confetti,
  Documentary: grid,
  Musical: bars,
};

/** mulberry32, seeded with the FNV-1a hash of the id. */
function chanceOf(id: string): Chance {
  let seed = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) seed = Math.imul(seed ^ id.charCodeAt(i), 0x01000193);
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
