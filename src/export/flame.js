// Zoom, search, tooltips and the keyboard for the flame graph that this script stands in. It needs
// nothing but the boxes: <rect class="b"> in preorder, placed in percent, each told by its <title>.
// Graphs may have tens of thousands of them: what one box needs is made when it is needed.
(() => {
'use strict';
const SVG = 'http://www.w3.org/2000/svg', HTML = 'http://www.w3.org/1999/xhtml';
const LABEL_MIN = 22, LABEL_PAD = 5, LABEL_GAP = 7, LABEL_Y = 13, PLACE_MIN = 34, THIN_MAX = 3;
const MARGIN = 16, TOOLS = 330, TIP_WIDTH = 560;
const self = document.currentScript;
const root = self ? self.closest('svg.heatline') : document.querySelector('svg.heatline');
const graph = root.querySelector('.boxes');
const labels = root.querySelector('.labels');
const details = root.querySelector('.details');
const title = root.querySelector('.title');
const alone = document.documentElement === root;
const make = (name, values) => Object.assign(document.createElementNS(HTML, name), values);

class Box {
    constructor(element, above) {
        this.element = element;
        this.y = Number(element.getAttribute('y'));
        this.left = parseFloat(element.getAttribute('x')) / 100;
        this.width = parseFloat(element.getAttribute('width')) / 100;
        this.shown = {left: this.left, width: this.width, up: false, thin: undefined};
        this.parent = above;
        this.children = [];
        this.hit = false;
        this.text = null;
        this.told = null;
        if (above) {
            above.children.push(this);
        }
    }

    // Label, path (if there is one), figures.
    get lines() {
        this.told ??= this.element.firstChild.textContent.split('\n');
        return this.told;
    }

    get name() {
        return this.lines.length > 2 ? this.lines[0].slice(0, this.lines[0].lastIndexOf(' (')) :
            this.lines[0];
    }

    get place() {
        const label = this.lines[0];
        return this.lines.length > 2 ? label.slice(label.lastIndexOf(' (') + 2, -1) : '';
    }

    // From now on the tooltip and the label for screen readers tell it, not <title>.
    attend() {
        if (!this.element.hasAttribute('role')) {
            this.element.setAttribute('aria-label', this.lines.join(', '));
            this.element.setAttribute('role', 'button');
            this.element.firstChild.remove();
        }
    }
}

const boxes = [];
const byElement = new Map();
const callers = [];
for (const element of graph.querySelectorAll('.b')) {
    const y = Number(element.getAttribute('y'));
    while (callers.length && callers[callers.length - 1].y >= y) {
        callers.pop();
    }
    const box = new Box(element, callers[callers.length - 1] || null);
    callers.push(box);
    boxes.push(box);
    byElement.set(element, box);
}
const all = boxes[0];
const percent = (share) => (100 * share).toFixed(share < 0.001 ? 2 : 1) + ' %';

// The toolbar and the tooltip are made here, since they are of no use without a script.
const tools = document.createElementNS(SVG, 'foreignObject');
const bar = make('div', {className: 'tools'});
const field = make('input', {
    type: 'search', placeholder: 'Search (regular expression)', spellcheck: false, title: 'Ctrl+F',
});
field.setAttribute('aria-label', 'Search frames by regular expression');
const matched = make('output', {});
matched.setAttribute('aria-live', 'polite');
const searchButton = make('button', {type: 'button', textContent: 'Search', className: 'search'});
const resetButton = make('button',
    {type: 'button', textContent: 'Reset zoom', className: 'reset', hidden: true});
bar.append(matched, resetButton, field, searchButton);
tools.append(bar);
for (const [key, value] of Object.entries({y: 6, height: 34, class: 'toolbox'})) {
    tools.setAttribute(key, value);
}
root.append(tools);

const tip = document.createElementNS(SVG, 'foreignObject');
const card = make('div', {});
for (const [key, value] of Object.entries({width: 1, height: 1, class: 'tip'})) {
    tip.setAttribute(key, value);
}
tip.style.display = 'none';
tip.append(card);
root.append(tip);

let zoomed = all, focused = all, pattern = null;
let graphWidth = 0;

const fontOf = (element) => {
    const style = getComputedStyle(element);
    return `${style.fontSize} ${style.fontFamily}`;
};
labels.replaceChildren(document.createElementNS(SVG, 'tspan'));
const nameFont = fontOf(labels), placeFont = fontOf(labels.firstChild);
labels.replaceChildren();

const canvas = document.createElementNS(HTML, 'canvas').getContext('2d');
const measured = new Map();
function widthOf(text, font) {
    const key = font + text;
    if (!measured.has(key)) {
        canvas.font = font;
        measured.set(key, canvas.measureText(text).width);
    }
    return measured.get(key);
}

// As much of `text` as fits into `room` pixels, with an ellipsis where it was cut.
function cut(text, font, room) {
    if (widthOf(text, font) <= room) {
        return text;
    }
    const letters = Array.from(text);
    let fits = 0, fails = letters.length;
    while (fails - fits > 1) {
        const middle = (fits + fails) >> 1;
        const part = letters.slice(0, middle).join('') + '…';
        [fits, fails] = widthOf(part, font) <= room ? [middle, fails] : [fits, middle];
    }
    return fits ? letters.slice(0, fits).join('') + '…' : '';
}

function label(box, left, pixels) {
    const room = pixels - 2 * LABEL_PAD;
    const name = cut(box.name, nameFont, room);
    const rest = room - widthOf(name, nameFont) - LABEL_GAP;
    const place = name === box.name && rest > PLACE_MIN ? cut(box.place, placeFont, rest) : '';
    box.text ??= document.createElementNS(SVG, 'text');
    box.text.setAttribute('x', left * graphWidth + LABEL_PAD);
    box.text.setAttribute('y', box.y + LABEL_Y);
    box.text.setAttribute('class', (box.hit ? 'hit ' : '') + (box.shown.up ? 'up' : ''));
    box.text.textContent = name;
    if (place) {
        const span = document.createElementNS(SVG, 'tspan');
        span.setAttribute('dx', LABEL_GAP);
        span.textContent = place;
        box.text.append(span);
    }
    return box.text;
}

// Touches only what is different from before. `left` is undefined for a box that is not to be seen.
function put(box, left, width, up) {
    const {element, shown} = box;
    if (left === undefined) {
        if (shown.left !== undefined) {
            element.style.display = 'none';
        }
    } else {
        const thin = width * graphWidth < THIN_MAX;
        if (shown.left === undefined) {
            element.style.display = '';
        }
        if (shown.left !== left || shown.width !== width) {
            element.setAttribute('x', 100 * left + '%');
            element.setAttribute('width', 100 * width + '%');
        }
        if (shown.thin !== thin) {
            element.classList.toggle('thin', thin);
        }
        if (shown.up !== up) {
            element.classList.toggle('up', up);
        }
        shown.thin = thin;
    }
    Object.assign(shown, {left, width, up});
}

function layOut() {
    const above = new Set();
    for (let box = zoomed.parent; box; box = box.parent) {
        above.add(box);
    }
    const texts = [];
    let inside = false;
    for (const box of boxes) {
        inside = box === zoomed || (inside && box.y > zoomed.y);
        const up = above.has(box);
        const left = up ? 0 : inside ? (box.left - zoomed.left) / zoomed.width : undefined;
        const width = up ? 1 : box.width / zoomed.width;
        put(box, left, width, up);
        if (left !== undefined && width * graphWidth >= LABEL_MIN) {
            texts.push(label(box, left, width * graphWidth));
        }
    }
    labels.replaceChildren(...texts);
    resetButton.hidden = zoomed === all;
}

function isWithin(box, outer) {
    while (box && box !== outer) {
        box = box.parent;
    }
    return box === outer;
}

function zoom(box) {
    zoomed = box;
    layOut();
    showMatched();
    if (!isWithin(focused, box)) {
        moveFocus(box);
    }
}

function moveFocus(box) {
    focused.element.setAttribute('tabindex', '-1');
    focused = box;
    box.attend();
    box.element.setAttribute('tabindex', '0');
    box.element.focus();
}

// The share of what is on screen that lies in matching boxes, each moment counted once.
function matchedShare() {
    let share = 0, below = -1;
    for (const box of boxes) {
        if (box.y <= below) {
            below = -1; // out of the last hit
        }
        if (box.hit && below < 0 && isWithin(box, zoomed)) {
            share += box.width / zoomed.width;
            below = box.y;
        }
    }
    for (let box = zoomed.parent; box; box = box.parent) {
        share = box.hit ? 1 : share;
    }
    return Math.min(share, 1);
}

function showMatched() {
    matched.textContent = pattern ? percent(matchedShare()) + ' matched' : '';
}

function search(text) {
    pattern = null;
    field.classList.remove('bad');
    try {
        pattern = text ? new RegExp(text, /[A-Z]/.test(text) ? '' : 'i') : null;
    } catch (wrong) {
        field.classList.add('bad');
        field.title = wrong.message;
    }
    for (const box of boxes) {
        const hit = pattern !== null && box !== all &&
            box.lines.slice(0, -1).some((line) => pattern.test(line));
        if (hit !== box.hit) {
            box.hit = hit;
            box.element.classList.toggle('hit', hit);
            box.text?.classList.toggle('hit', hit);
        }
    }
    root.classList.toggle('searching', pattern !== null);
    showMatched();
}

function openSearch() {
    field.focus();
    field.select();
}

function showTip(box, clientX, clientY) {
    box.attend();
    const [first, ...more] = box.lines;
    card.replaceChildren(make('b', {textContent: first}),
        ...more.map((line) => make('i', {textContent: line})));
    details.textContent = first + '  ·  ' + more[more.length - 1];
    tip.style.display = '';
    const frame = root.getBoundingClientRect();
    tip.setAttribute('width', Math.min(TIP_WIDTH, frame.width - MARGIN));
    const size = card.getBoundingClientRect();
    const bottom = alone ? window.innerHeight : Math.max(frame.bottom, window.innerHeight);
    const below = clientY + 18 + size.height < bottom;
    const x = Math.min(clientX - frame.left + 14, frame.width - size.width - 8);
    const y = clientY - frame.top + (below ? 18 : -size.height - 12);
    tip.setAttribute('x', Math.max(8, x));
    tip.setAttribute('y', Math.max(4, y));
}

function hideTip() {
    tip.style.display = 'none';
    details.textContent = '';
}

const boxOf = (event) => byElement.get(event.target);

function neighbour(box, key) {
    const visible = (other) => other && other.shown.left !== undefined;
    if (key === 'ArrowUp') {
        return box.parent;
    }
    if (key === 'ArrowDown') {
        return box.children.find(visible);
    }
    const row = boxes.filter((other) => other.y === box.y && visible(other));
    return row[row.indexOf(box) + (key === 'ArrowRight' ? 1 : -1)];
}

function onBoxKey(box, event) {
    if (event.key === 'Enter' || event.key === ' ') {
        zoom(box);
    } else if (event.key.startsWith('Arrow')) {
        const next = neighbour(box, event.key);
        if (next) {
            moveFocus(next);
        }
    } else {
        return;
    }
    event.preventDefault();
}

root.addEventListener('click', (event) => {
    const box = boxOf(event);
    if (box) {
        zoom(box);
        moveFocus(box);
    }
});
root.addEventListener('mousemove', (event) => {
    const box = boxOf(event);
    if (box) {
        showTip(box, event.clientX, event.clientY);
    } else {
        hideTip();
    }
});
root.addEventListener('mouseleave', hideTip);
root.addEventListener('focusin', (event) => {
    const box = boxOf(event);
    if (box && box.element.matches(':focus-visible')) {
        const at = box.element.getBoundingClientRect();
        showTip(box, Math.max(at.left, 0), at.bottom - 14);
    }
});
root.addEventListener('focusout', hideTip);
(alone ? window : root).addEventListener('keydown', (event) => {
    const box = boxOf(event);
    if ((event.ctrlKey || event.metaKey) && event.key === 'f' && event.target !== field) {
        openSearch();
        event.preventDefault(); // a second Ctrl+F, in the field, is the browser's own
    } else if (event.key === 'Escape') {
        if (field.value) {
            field.value = '';
            search('');
        } else {
            zoom(all);
        }
        hideTip();
    } else if (box && !event.ctrlKey && !event.metaKey && !event.altKey) {
        onBoxKey(box, event);
    }
});
field.addEventListener('input', () => search(field.value));
searchButton.addEventListener('click', openSearch);
resetButton.addEventListener('click', () => zoom(all));

const fullTitle = title.textContent;
const titleFont = '650 ' + fontOf(title);

function onResize() {
    const {width} = root.getBoundingClientRect();
    const toolsWidth = Math.min(600, width);
    graphWidth = Math.max(100, width - 2 * MARGIN);
    graph.setAttribute('width', graphWidth);
    tools.setAttribute('x', width - toolsWidth - MARGIN);
    tools.setAttribute('width', toolsWidth);
    title.textContent = cut(fullTitle, titleFont, width - TOOLS - 2 * MARGIN);
    layOut();
}

root.setAttribute('width', '100%');
if (!alone) { // within a page it would be a tooltip over everything
    root.setAttribute('aria-label', fullTitle);
    root.querySelector(':scope > title').remove();
}
all.attend();
all.element.setAttribute('tabindex', '0');
onResize();
window.addEventListener('resize', onResize);
})();
