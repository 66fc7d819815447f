/*
** lower_value.c - values of the HIR as payloads and tags.
** SPDX-License-Identifier: MIT
**
** A payload is loaded as what most of its users want (a float, a pointer), because moving it between kinds of
** machine registers costs time; it becomes an integer where an exit or a comparison needs its bits.
**
** Slots of tables may hold nils of other tags than that of nil. They are left as they are until somebody must not
** see the difference: a guard of another type does not need to know. Runs on a worker.
*/
#include "lir/lower_internal.h"

static const int tags[] = {
#define ZY_TYPE(name, tag) tag,
#include "hir/type.def"
#undef ZY_TYPE
};

enum { POINTERS = ZY_TYPE_GC | ZY_TYPE_cfn | ZY_TYPE_light, SILENT = ZY_TYPE_nil | ZY_TYPE_BOOL };

static int is_single(ZyType type) { return type != 0 && (type & (type - 1)) == 0; }
static int tag_of(ZyType type) { return tags[__builtin_ctz(type)]; }

int zy_lower_known_tag(ZyType type) { return tag_of(type); }

ZyType zy_lower_static(const ZyLower *l, ZyRef r) { return l->h->nodes.v[r].type; }

ZyLirType zy_lower_type(ZyType type) {
  if (type == ZY_TYPE_num) return ZY_LIR_F;
  if (type == ZY_TYPE_cond) return ZY_LIR_B;
  if (type == ZY_TYPE_ptr) return ZY_LIR_P;
  return (type & POINTERS) != 0 && (type & ~(ZyType)(POINTERS | SILENT)) == 0 ? ZY_LIR_P : ZY_LIR_I;
}

static uint32_t convert(ZyLower *l, uint32_t payload, ZyLirType from, ZyLirType to) {
  if (from == to) return payload;
  if (from == ZY_LIR_F) payload = ZY_OP1(F2B, payload);
  else if (from == ZY_LIR_P) payload = ZY_OP1(P2I, payload);
  if (to == ZY_LIR_F) return ZY_OP1(B2F, payload);
  return to == ZY_LIR_P ? ZY_OP1(I2P, payload) : payload;
}

uint32_t zy_lower_payload(ZyLower *l, ZyRef r, ZyLirType type) {
  const ZyLowerValue *v = &l->values[r];
  uint32_t payload = v->payload;
  if (payload == ZY_LOWER_NONE)
    return type == ZY_LIR_P ? ZY_OP1(NULLP, 0) : type == ZY_LIR_F ? zy_lower_num(l, 0) : zy_lower_int(l, 0);
  if (v->offset != 0) payload = ZY_OP2(PADD, payload, zy_lower_int(l, v->offset));
  return convert(l, payload, (ZyLirType)v->type, type);
}

uint32_t zy_lower_bits(ZyLower *l, ZyRef r) { return zy_lower_payload(l, r, ZY_LIR_I); }

uint32_t zy_lower_tag(ZyLower *l, ZyRef r) {
  const ZyLowerValue *v = &l->values[r];
  uint32_t empty;
  if (v->tag == ZY_LOWER_NONE) return zy_lower_int(l, v->known);
  if (!v->raw) return v->tag;
  empty = ZY_OP2(EQ, ZY_OP2(AND, v->tag, zy_lower_int(l, ZY_KIND_TYPE_BITS)), zy_lower_int(l, 0));
  return zy_lower_select(l, ZY_LIR_I, empty, zy_lower_int(l, ZY_TAG_NIL), v->tag);
}

void zy_lower_set(ZyLower *l, ZyRef r, uint32_t payload) {
  ZyType type = zy_lower_static(l, r);
  ZyLowerValue v = { .payload = payload, .tag = ZY_LOWER_NONE, .type = (uint8_t)zy_lower_type(type) };
  if (!(type & (ZY_TYPE_cond | ZY_TYPE_ptr))) v.known = (uint8_t)tag_of(type);
  l->values[r] = v;
}

/* Sets the value of 'r', of whose type all that follows from it alone is used. */
static void set(ZyLower *l, ZyRef r, ZyLowerValue v) {
  ZyType type = zy_lower_static(l, r);
  if ((type & ~(ZyType)SILENT) == 0) v.payload = ZY_LOWER_NONE;
  if (!(type & ZY_TYPE_nil)) v.raw = 0;
  if (is_single(type)) {
    v.tag = ZY_LOWER_NONE;
    v.known = (uint8_t)tag_of(type);
    if (v.payload != ZY_LOWER_NONE) {
      v.payload = convert(l, v.payload, (ZyLirType)v.type, zy_lower_type(type));
      v.type = (uint8_t)zy_lower_type(type);
    }
  }
  l->values[r] = v;
}

void zy_lower_set_tagged(ZyLower *l, ZyRef r, ZyLirType type, uint32_t payload, uint32_t tag) {
  set(l, r, (ZyLowerValue){ .payload = payload, .tag = tag, .type = (uint8_t)type });
}


/* ---- types ---------------------------------------------------------------- */

uint32_t zy_lower_bit(ZyLower *l, int bit) { return ZY_OP2(EQ, zy_lower_int(l, 0), zy_lower_int(l, !bit)); }

/* The types whose tags have these low bits. */
static ZyType types_of_kind(int kind) {
  ZyType types = 0;
  for (int i = 0; i < ZY_TYPE_BITS; i++)
    if (tags[i] >= 0 && (tags[i] & ZY_KIND_TYPE_BITS) == kind) types |= (ZyType)1 << i;
  return types;
}

/* Tests the tag for the types 'in' of those that it may have: one comparison, or NONE. */
static uint32_t one_comparison(ZyLower *l, const ZyLowerValue *v, ZyType in, ZyType all, ZyLirOp equal) {
  int kind = tag_of(in) & ZY_KIND_TYPE_BITS;
  if (is_single(in) && !(v->raw && in == ZY_TYPE_nil))
    return zy_lower_op(l, equal, v->tag, zy_lower_int(l, tag_of(in)));
  if (in != (all & types_of_kind(kind))) return ZY_LOWER_NONE;
  return zy_lower_op(l, equal, ZY_OP2(AND, v->tag, zy_lower_int(l, ZY_KIND_TYPE_BITS)), zy_lower_int(l, kind));
}

static uint32_t is_falsy(ZyLower *l, const ZyLowerValue *v) {
  uint32_t nil = ZY_OP2(EQ, ZY_OP2(AND, v->tag, zy_lower_int(l, ZY_KIND_TYPE_BITS)), zy_lower_int(l, 0));
  return ZY_OP2(BOR, nil, ZY_OP2(EQ, v->tag, zy_lower_int(l, ZY_TAG_FALSE)));
}

uint32_t zy_lower_is(ZyLower *l, ZyRef r, ZyType types) {
  ZyLowerValue value = l->values[r];
  const ZyLowerValue *v = &value;
  ZyType all = zy_lower_static(l, r), in = all & types, out = all & ~types;
  uint32_t bit;
  uint64_t mask = 0;
  if (in == 0 || out == 0) return zy_lower_bit(l, out == 0);
  if (value.tag == ZY_LOWER_NONE) value.tag = zy_lower_tag(l, r);      /* behind a guard that always fails */
  if ((bit = one_comparison(l, v, in, all, ZY_LIR_EQ)) != ZY_LOWER_NONE) return bit;
  if ((bit = one_comparison(l, v, out, all, ZY_LIR_NE)) != ZY_LOWER_NONE) return bit;
  if (!v->raw && in == (ZY_TYPE_nil | ZY_TYPE_false)) return ZY_OP2(LTU, v->tag, zy_lower_int(l, ZY_TAG_FALSE + 1));
  if (!v->raw && out == (ZY_TYPE_nil | ZY_TYPE_false)) return ZY_OP2(LTU, zy_lower_int(l, ZY_TAG_FALSE), v->tag);
  if (in == (ZY_TYPE_nil | ZY_TYPE_false)) return is_falsy(l, v);      /* often it is known not to be nil */
  if (out == (ZY_TYPE_nil | ZY_TYPE_false)) return ZY_OP1(NOT, is_falsy(l, v));
  for (int i = 0; i < ZY_TYPE_BITS; i++)           /* the low six bits of all tags differ */
    if (in >> i & 1) mask |= (uint64_t)1 << (tags[i] & 63);
  if (in & ZY_TYPE_nil) mask |= (uint64_t)1 << 16 | (uint64_t)1 << 32;
  bit = ZY_OP2(SHR, zy_lower_int(l, (int64_t)mask), ZY_OP2(AND, v->tag, zy_lower_int(l, 63)));
  return ZY_OP2(NE, ZY_OP2(AND, bit, zy_lower_int(l, 1)), zy_lower_int(l, 0));
}

void zy_lower_guard_type(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  ZyRef a = n->ops[0];
  if (zy_lower_static(l, a) & ~(ZyType)n->type) zy_lower_guard(l, r, zy_lower_is(l, a, n->type));
  set(l, r, l->values[a]);
}


/* ---- memory --------------------------------------------------------------- */

static ZyLirOp load_op(ZyLirType type) {
  return type == ZY_LIR_F ? ZY_LIR_LOADF : type == ZY_LIR_P ? ZY_LIR_LOADP : ZY_LIR_LOAD;
}

void zy_lower_load_value(ZyLower *l, ZyRef r, uint32_t at, int64_t offset, ZyAlias alias, int raw) {
  ZyType type = zy_lower_static(l, r);
  ZyLirType payload = zy_lower_type(type);
  ZyLowerValue v = { .payload = ZY_LOWER_NONE, .tag = ZY_LOWER_NONE, .raw = raw != 0 };
  if (payload == ZY_LIR_I && !is_single(type) && l->wanted[r] != 0) payload = (ZyLirType)l->wanted[r];
  v.type = (uint8_t)payload;
  if (type & ~(ZyType)SILENT) v.payload = zy_lower_load(l, load_op(payload), at, offset, alias);
  if (!is_single(type)) v.tag = zy_lower_load(l, ZY_LIR_LOAD8, at, offset + ZY_TAG_AT, alias);
  set(l, r, v);
}

/* The tag alone: in a node, the key's tag is behind it. */
void zy_lower_store_value(ZyLower *l, uint32_t at, int64_t offset, ZyRef r, ZyAlias alias) {
  const ZyLowerValue v = l->values[r];
  ZyLirOp op = v.type == ZY_LIR_F ? ZY_LIR_STOREF : v.type == ZY_LIR_P ? ZY_LIR_STOREP : ZY_LIR_STORE;
  if (v.payload != ZY_LOWER_NONE) zy_lower_store(l, op, at, offset, v.payload, alias);
  zy_lower_store(l, ZY_LIR_STORE8, at, offset + ZY_TAG_AT, zy_lower_tag(l, r), alias);
}

uint32_t zy_lower_base(ZyLower *l) {
  if (l->base == ZY_LOWER_NONE)
    l->base = zy_lower_load(l, ZY_LIR_LOADP, l->ci, offsetof(ZyCallInfo, func), ZY_ALIAS_FRAME);
  return l->base;
}


/* ---- block parameters ------------------------------------------------------- */

void zy_lower_block_params(ZyLower *l, uint32_t block) {
  const ZyHir *h = l->h;
  for (ZyRef r = h->blocks.v[block].first; r != 0 && h->nodes.v[r].op == ZY_HIR_PARAM; r = h->nodes.v[r].next) {
    ZyType type = zy_lower_static(l, r);
    ZyLowerValue v = { .payload = ZY_LOWER_NONE, .tag = ZY_LOWER_NONE, .type = (uint8_t)zy_lower_type(type) };
    if (type & ~(ZyType)SILENT) v.payload = zy_lower_param(l, (ZyLirType)v.type);
    if (!is_single(type)) v.tag = zy_lower_param(l, ZY_LIR_I);
    set(l, r, v);
  }
}

void zy_lower_edge(ZyLower *l, uint32_t block, int edge) {
  const ZyEdge *e = &l->h->blocks.v[block].succ[edge];
  ZyRef param = l->h->blocks.v[e->block].first;
  uint32_t *args = ZY_NEWN(l->arena, uint32_t, 2 * (size_t)e->args.n + 1), n = 0;
  for (uint32_t i = 0; i < e->args.n; i++, param = l->h->nodes.v[param].next) {
    ZyType type = zy_lower_static(l, param);
    if (type & ~(ZyType)SILENT) args[n++] = zy_lower_payload(l, e->args.v[i], zy_lower_type(type));
    if (!is_single(type)) args[n++] = zy_lower_tag(l, e->args.v[i]);
  }
  zy_lower_jump(l, l->block_label[e->block], args, n);
}
