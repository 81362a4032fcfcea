/* Repetitions written out, a block at a time. Included once for each path. */

/* d[i] = s[i step] for i < n, elements of four bytes. */
INLINE void NAME(run_of_words)(float *d, const float *s, int64_t step, size_t n) {
    if (step == 1) {
        size_t i = 0;
        for (; i + WIDTH <= n; i += WIDTH) NAME(store)(d + i, NAME(load)(s + i));
        if (i < n) NAME(store_part)(d + i, NAME(first)(n - i), NAME(load_part)(s + i, NAME(first)(n - i)));
    } else if (step == 0) {
        VECTOR v = NAME(spread)(*s);
        size_t i = 0;
        for (; i + WIDTH <= n; i += WIDTH) NAME(store)(d + i, v);
        if (i < n) NAME(store_part)(d + i, NAME(first)(n - i), v);
    } else {
        for (size_t i = 0; i < n; i++) d[i] = s[(int64_t)i * step];
    }
}

/* Carries an axis of the index that is full into the next one further out. Returns how far that moves. */
INLINE int64_t NAME(carried)(const troupe_slot *slot, int64_t *index, int axis) {
    int64_t offset = 0;
    for (; axis > 0 && index[axis] == slot->sizes[axis]; axis--) {
        index[axis] = 0;
        offset += slot->strides[axis - 1] - slot->sizes[axis] * slot->strides[axis];
        index[axis - 1]++;
    }
    return offset;
}

/* d[i n + j] = s[j] for i < rows, j < n: at most four vectors, which stay in registers. */
INLINE void NAME(rows_of_words)(float *d, const float *s, size_t n, size_t rows) {
    size_t vectors = (n + WIDTH - 1) / WIDTH;
    NAME(lanes) part = NAME(first)(n - (vectors - 1) * WIDTH);
    VECTOR v[4];
    for (size_t i = 0; i < 4; i++)
        if (i < vectors) v[i] = i + 1 < vectors ? NAME(load)(s + i * WIDTH) : NAME(load_part)(s + i * WIDTH, part);
    for (; rows; rows--, d += n)
        for (size_t i = 0; i < 4; i++) {
            if (i + 1 < vectors) NAME(store)(d + i * WIDTH, v[i]);
            else if (i + 1 == vectors) NAME(store_part)(d + i * WIDTH, part, v[i]);
        }
}

/* The elements from start on of the slot's index space, count of them: where they lie, if in one line, or in out. */
static void *NAME(repeat)(const troupe_slot *slot, uint8_t *base, void *room, size_t start, size_t count) {
    int rank = slot->rank, last = rank - 1;
    int64_t index[64]; /* as many axes as a tensor can have */
    size_t rest = start;
    int64_t offset = 0;
    for (int axis = last; axis >= 0; axis--) {
        size_t size = (size_t)slot->sizes[axis];
        index[axis] = (int64_t)(rest % size);
        rest /= size;
        offset += index[axis] * slot->strides[axis];
    }
    int bytes = slot->element_bytes;
    int64_t inner = slot->sizes[last], step = slot->strides[last];
    if (step == 1 && count <= (size_t)(inner - index[last])) return base + offset * bytes;
    uint8_t *out = room;
    int are_rows = bytes == 4 && step == 1 && last > 0 && slot->strides[last - 1] == 0 && inner <= 4 * WIDTH;
    while (count) {
        const uint8_t *from = base + offset * bytes;
        if (are_rows && index[last] == 0 && count >= (size_t)inner) {
            size_t rows = (size_t)(slot->sizes[last - 1] - index[last - 1]);
            if (rows > count / (size_t)inner) rows = count / (size_t)inner;
            NAME(rows_of_words)((float *)out, (const float *)from, (size_t)inner, rows);
            out += 4 * rows * (size_t)inner;
            count -= rows * (size_t)inner;
            index[last - 1] += (int64_t)rows;
            offset += NAME(carried)(slot, index, last - 1);
            continue;
        }
        size_t run = (size_t)(inner - index[last]);
        if (run > count) run = count;
        if (bytes == 4) NAME(run_of_words)((float *)out, (const float *)from, step, run);
        else if (step == 1) memcpy(out, from, run * (size_t)bytes);
        else if (bytes == 1 && step == 0) memset(out, *from, run);
        else
            for (size_t i = 0; i < run; i++)
                memcpy(out + i * (size_t)bytes, from + (int64_t)i * step * bytes, (size_t)bytes);
        out += run * (size_t)bytes;
        count -= run;
        offset += (int64_t)run * step;
        index[last] += (int64_t)run;
        offset += NAME(carried)(slot, index, last);
    }
    return room;
}
