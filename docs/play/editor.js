/* An editor for Python: CodeMirror with the colours of the site. */

import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: "var(--play-keyword)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--play-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--play-number)" },
  { tag: tags.comment, color: "var(--play-comment)", fontStyle: "italic" },
  { tag: tags.function(tags.definition(tags.variableName)), color: "var(--play-name)" },
  { tag: tags.definition(tags.className), color: "var(--play-name)" },
]);

const LOOK = EditorView.theme({
  "&": { backgroundColor: "var(--color-code-background)", color: "var(--color-code-foreground)" },
  "&.cm-focused": { outline: "2px solid var(--color-brand-primary)", outlineOffset: "-1px" },
  ".cm-content": { caretColor: "var(--color-code-foreground)", padding: "0.5rem 0" },
  ".cm-scroller": { fontFamily: "var(--font-stack--monospace)", lineHeight: "1.55" },
  ".cm-cursor": { borderLeftColor: "var(--color-code-foreground)" },
  ".cm-gutters": {
    backgroundColor: "transparent",
    color: "var(--color-foreground-muted)",
    border: "0",
  },
  ".cm-activeLine": { backgroundColor: "var(--play-active)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, ::selection": {
    backgroundColor: "var(--play-selected)",
  },
  ".cm-selectionBackground": { backgroundColor: "var(--play-selected)" },
  ".cm-matchingBracket": { backgroundColor: "var(--play-selected)" },
});

/* ------ the line of an error */

const marking = StateEffect.define();
const WRONG = Decoration.line({ attributes: { class: "play-wrong" } });

const marked = StateField.define({
  create: () => Decoration.none,
  update(before, change) {
    let found = change.docChanged ? Decoration.none : before;
    for (const effect of change.effects) if (effect.is(marking)) found = marks(change.state, effect);
    return found;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function marks({ doc }, { value }) {
  return value >= 1 && value <= doc.lines
    ? Decoration.set(WRONG.range(doc.line(value).from))
    : Decoration.none;
}

/* ------ the editor */

/* On a phone a line is folded: half of it would be out of sight. */
function isNarrow() {
  return matchMedia("(max-width: 40em)").matches;
}

export class Editor {
  /* `run` is called for Ctrl/⌘ + Enter, `changed` after each change. */
  constructor(parent, { text, label, run, changed = () => {} }) {
    const keys = [{ key: "Mod-Enter", run: () => (run(), true) }];
    const about = { "aria-label": label, "aria-multiline": "true" };
    this.view = new EditorView({
      parent,
      state: EditorState.create({
        doc: text,
        extensions: [
          keymap.of([...keys, indentWithTab, ...defaultKeymap, ...historyKeymap]),
          ...[lineNumbers(), history(), drawSelection(), highlightActiveLine(), marked, LOOK],
          ...[python(), indentUnit.of("    "), indentOnInput(), bracketMatching()],
          ...(isNarrow() ? [EditorView.lineWrapping] : []),
          syntaxHighlighting(COLOURS),
          EditorView.contentAttributes.of(about),
          EditorView.updateListener.of(({ docChanged }) => docChanged && changed()),
        ],
      }),
    });
  }

  get text() {
    return this.view.state.doc.toString();
  }

  set text(text) {
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
  }

  /* Mark a line, counted from 1; none for 0. */
  mark(line) {
    this.view.dispatch({ effects: marking.of(line) });
  }

  focus() {
    this.view.focus();
  }
}
