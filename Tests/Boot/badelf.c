/* Makes a bad executable out of a good one: badelf KIND GOOD BAD. */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **arguments) {
    if (count != 4) return 64;
    const char *kind = arguments[1];
    FILE *in = fopen(arguments[2], "rb"), *out = fopen(arguments[3], "wb");
    static unsigned char bytes[32 << 20];
    size_t length = fread(bytes, 1, sizeof bytes, in);
    Elf64_Ehdr *header = (Elf64_Ehdr *)bytes;
    Elf64_Phdr *program = (Elf64_Phdr *)(bytes + header->e_phoff), *load[2] = {0};
    int loads = 0;
    for (int i = 0; i < header->e_phnum && loads < 2; i++)
        if (program[i].p_type == PT_LOAD) load[loads++] = &program[i];
    if (!strcmp(kind, "truncated")) length /= 2;
    else if (!strcmp(kind, "short")) length = 40;
    else if (!strcmp(kind, "machine")) header->e_machine = EM_RISCV;
    else if (!strcmp(kind, "class")) header->e_ident[EI_CLASS] = ELFCLASS32;
    else if (!strcmp(kind, "order")) header->e_ident[EI_DATA] = ELFDATA2MSB;
    else if (!strcmp(kind, "overlap")) load[1]->p_vaddr = load[0]->p_vaddr;
    else if (!strcmp(kind, "huge")) load[1]->p_memsz = 1UL << 46;
    else if (!strcmp(kind, "wrap")) load[1]->p_memsz = ~0UL - 100;
    else if (!strcmp(kind, "kernel")) load[0]->p_vaddr = 0xffff800000000000UL;
    else if (!strcmp(kind, "library")) load[0]->p_vaddr = 0x400000000000UL;
    else if (!strcmp(kind, "offset")) load[0]->p_offset = 1UL << 62;
    else if (!strcmp(kind, "filesize")) load[0]->p_filesz = load[0]->p_memsz + 4096;
    else if (!strcmp(kind, "headers")) header->e_phoff = 1UL << 63;
    else if (!strcmp(kind, "many")) header->e_phnum = 0xffff;
    else if (!strcmp(kind, "none")) header->e_phnum = 0;
    else if (!strcmp(kind, "object")) header->e_type = ET_REL;
    else return 64;
    fwrite(bytes, 1, length, out);
    return fclose(out) != 0;
}
